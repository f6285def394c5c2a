"""What surrounds the work of every rule's script."""

import os
import sys
import time
import traceback
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Thread

from workflow.lib.errors import BadInput
from workflow.lib.failures import likely_cause, writable
from workflow.lib.files import disk_is_full
from workflow.lib.gpus import own_gpu

STOPPED = 130  # exit status of what SIGINT ended, as shells have it


class Tee:
    """Write to the rule's log and, each line under the job's name, to the terminal, where several jobs speak at once."""

    def __init__(self, terminal, log, name):
        self.terminal, self.log, self.name, self.rest = terminal, log, name, ""

    def write(self, message):
        *lines, self.rest = (self.rest + message).split("\n")
        self.terminal.write(writable("".join(f"[{self.name}] {line}\n" for line in lines), self.terminal))
        with suppress(OSError):  # a full disk must not silence what is said of it
            self.log.write(message.encode())
        return len(message)

    def flush(self):
        self.terminal.flush()

    def isatty(self):
        return False


def limit_threads(threads):
    """Keep every numerical library to the rule's threads: two processes with two threads each on two cores crawl."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(threads)
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].set_cpu_count(threads)


def is_running(pid):
    """Whether a process is there and, as far as /proc tells, has not ended without its parent having asked."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not stat.is_file() or stat.read_bytes().rpartition(b") ")[2][:1] != b"Z"
    except OSError:
        return False


def end_with_run():
    """End this process within a second of the Snakemake that started it: a job that outlives it writes into the next run.

    The Snakefile names that process: by now, after the imports, this one may have been handed to another parent.
    """
    run = int(os.environ.get("SNAKEMAKE_PID", os.getppid()))

    def watch():
        while is_running(run):
            time.sleep(1)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


@contextmanager
def job(snakemake):
    """Run one rule's work: threads limited, messages to terminal and log.

    What went wrong is said last, in one sentence that names the log: bad input without a traceback, anything else after it.
    Where another error made the input bad, as one in a user's own code, the log alone has the traceback.
    """
    end_with_run()
    limit_threads(snakemake.threads)
    log = Path(str(snakemake.log))
    log.parent.mkdir(parents=True, exist_ok=True)
    status, name = 1, " ".join([snakemake.rule, *map(str, snakemake.wildcards)])
    with open(log, "wb", buffering=0) as file:
        sys.stdout, sys.stderr = Tee(sys.__stdout__, file, name), Tee(sys.__stderr__, file, name)
        try:
            with own_gpu() if snakemake.resources.get("gpu") else nullcontext():
                yield
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
            status = STOPPED
        except BadInput as error:
            if error.__cause__:
                with suppress(OSError):
                    file.write(traceback.format_exc().encode())
            print(f"{error} (log: {log})", file=sys.stderr)
        except Exception as error:
            if isinstance(error, OSError) and disk_is_full(error):
                print(f"the disk is full ({error}): make room and start again (log: {log})", file=sys.stderr)
            else:
                traceback.print_exc()
                print(f"{likely_cause(error)} (log: {log})", file=sys.stderr)
        else:
            return
        finally:
            sys.stdout.flush()
            sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    os._exit(status)  # Snakemake's script wrapper would print a second, longer traceback


def progress(items, what, every_s=5, note=str):
    """Yield from `items`, which have a length, saying every few seconds how far they are, what `note()` says, and the time left."""
    start = said = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - said >= every_s or (done == len(items) and said > start):
            said = now
            print(f"{what}: {done}/{len(items)}{note()}, {(now - start) / done * (len(items) - done):.0f} s left", flush=True)
