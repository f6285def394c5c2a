"""What is said of jobs that failed where no BadInput says it, and how it is said (standard library only)."""

import re
import sys
from pathlib import Path

AGAIN = "what is done is kept, and the next run goes on from there"
CAUSES = [  # what an error says of itself, "Classes: message", and what it means for whoever started the run; the first that fits
    (r"No space left on device|Disk quota exceeded", f"the disk is full: make room ({AGAIN})"),
    (
        r"OutOfMemoryError|CUDA out of memory",
        "the GPU's memory is too small: a smaller `batch` of the model (of its `train`, if it was in training) needs less",
    ),
    (
        r"MemoryError|[Cc]an't allocate memory|Cannot allocate memory|Unable to allocate",
        f"the machine's memory is too small for what runs at once: fewer --cores or a smaller shard_size need less ({AGAIN})",
    ),
    (
        r"No module named '([\w.]+)'",
        rf"the Python module \1 is not installed in this job's environment, {sys.prefix}: install it there, or put it beside"
        " the file that needs it",
    ),
    (r"PermissionError.*?'(.+)'", r"this user may not read or write \1: its owner or its mode must change"),
    (r"PermissionError", "this user may not read or write a file: its owner or its mode must change"),
    (r"Too many open files", "too many files are open: a greater shard_size opens fewer, `ulimit -n 4096` allows more"),
    (r"CUDA error|CUDA driver|no kernel image", "the GPU or its driver failed: CUDA_VISIBLE_DEVICES= computes without it"),
]
STOPPED = re.compile(
    r"^Terminating processes on user request|^Will exit after finishing|died with <Signals\.SIGINT|exit status 130\b", re.MULTILINE
)
KILLED = re.compile(r"SIGKILL|exit status (?:137|-9)\b")


def writable(text, terminal):
    """Text as a terminal can write it: what its encoding lacks is escaped."""
    encoding = getattr(terminal, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def likely_cause(error):
    """What an exception, or one that led to it, most likely means, in one sentence."""
    seen = error
    while seen is not None:
        said = f"{' '.join(kind.__name__ for kind in type(seen).__mro__)}: {seen}"
        for pattern, meaning in CAUSES:
            if found := re.search(pattern, said, re.DOTALL):
                return found.expand(meaning)
        seen = seen.__cause__ or seen.__context__
    first = next(iter(str(error).splitlines()), "")
    return f"unexpected {type(error).__name__}{': ' if first else ''}{first}; the traceback says where"


def last_words(logs):
    """Why jobs failed, each sentence once, by the last lines of their logs where they name these; other jobs were killed."""
    causes = {}  # sentence -> logs that end with it
    for log in dict.fromkeys(logs):
        said = Path(log).read_text(errors="replace").strip() if Path(log).is_file() else ""
        if said.endswith(f" (log: {log})"):
            causes.setdefault(said.splitlines()[-1].removesuffix(f" (log: {log})"), []).append(log)
    return [f"{why} (log: {', '.join(logs)})" for why, logs in causes.items()]


def after_failure(printed, logs):
    """What to tell at the end of a run that did not succeed: why, where to look, and that one that was stopped goes on.

    printed: what Snakemake did; logs: those of the jobs that failed.
    """
    why, stopped = last_words(logs), STOPPED.search(printed)
    lines = ["Why jobs failed:", *why] if why else []
    if logs and not why and not stopped:
        lines = [f"Why each job failed stands in its log: {', '.join(logs)}."]
    if KILLED.search(printed):
        likely = (
            "most likely the machine's memory is too small for what runs at once; fewer --cores or a smaller shard_size need less"
        )
        lines.append(f"A job was killed (signal 9) and could not say why: {likely} ({AGAIN}).")
    if stopped:
        lines.append(f"The run was stopped: {AGAIN}.")
    return "\n".join(lines or ["Why the run failed is said above."])
