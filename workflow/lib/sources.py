"""Which of our files decide a stage's numbers, and their digest (standard library only: used while the workflow is parsed)."""

import ast
import hashlib
from functools import cache
from pathlib import Path

from workflow.lib.plugins import ROOT, source_of, syntax_of


@cache  # by the text itself, so never stale: hundreds of jobs share a hundred files
def parsed(path, text):
    """What a Python source imports, by full names, and what it means: its syntax tree without docstrings, as text."""
    tree, names = syntax_of(path, text), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
        elif isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            node.body = body[1:]
    return names, ast.dump(tree)


def imports(path):
    """What the file at `path` imports of ours (contracts in lib left out) or from beside itself: paths."""
    found = set()
    for name in parsed(path, source_of(path))[0]:
        ours = name.startswith("workflow.")
        file = (ROOT if ours else Path(path).resolve().parent) / (name.replace(".", "/") + ".py")
        if not name.startswith("workflow.lib") and file.is_file():
            found.add(file)
    return found


def closure(*paths):
    """The files at `paths` and everything of ours they import, directly or not."""
    todo, seen = [Path(p).resolve() for p in paths], set()
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            todo.extend(imports(path))
    return sorted(seen)


def digest(*paths):
    """Digest of the meaning of `paths` and their import closure: comments, docstrings and layout do not count."""
    total = hashlib.sha256()
    for path in closure(*paths):
        total.update(path.name.encode() + parsed(path, source_of(path))[1].encode())
    return total.hexdigest()[:16]


def folder_digest(folder):
    """Digest of the names and bytes of all files below a folder; empty where there is no folder."""
    if not folder:
        return ""
    total = hashlib.sha256()
    for path in sorted(p for p in Path(folder).rglob("*") if p.is_file()):
        total.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return total.hexdigest()[:16]
