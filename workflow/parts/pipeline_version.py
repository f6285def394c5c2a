"""Which version of this pipeline runs."""

import hashlib

from workflow.lib.plugins import ROOT


def commit(root):
    """The commit that a git clone at `root` stands at, shortened, as git's files say; empty where there is none."""
    try:
        head = (root / ".git/HEAD").read_text().strip().removeprefix("ref: ")
        if not head.startswith("refs/"):
            return head[:12]
        loose, packed = root / ".git" / head, root / ".git/packed-refs"
        if loose.is_file():
            return loose.read_text()[:12]
        return next((line[:12] for line in packed.read_text().splitlines() if line.endswith(f" {head}")), "")
    except OSError:  # no clone, or a linked worktree
        return ""


def pipeline_version(root=ROOT):
    """The version of the pipeline at `root`: a digest of all files of workflow/ and, of a clone, its commit."""
    total = hashlib.sha256()
    for path in sorted(p for p in (root / "workflow").rglob("*") if p.is_file() and p.suffix != ".pyc"):
        total.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    at = commit(root)
    return f"workflow/ of sha256 {total.hexdigest()[:16]}" + (f", git at {at}" if at else "")
