"""Which version of this pipeline runs."""

import hashlib
import subprocess

from workflow.lib.plugins import ROOT


def described(root):
    """What git calls the checkout at `root`, with -dirty where files were changed since; empty where there is none, or no git."""
    command = ["git", f"--git-dir={root}/.git", f"--work-tree={root}", "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def pipeline_version(root=ROOT):
    """The version of the pipeline at `root`: what git calls it or, of a copy, a digest of all files of workflow/."""
    total = hashlib.sha256()
    for path in sorted(p for p in (root / "workflow").rglob("*") if p.is_file() and p.suffix != ".pyc"):
        total.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return described(root) or f"with sources of sha256 {total.hexdigest()[:16]}"
