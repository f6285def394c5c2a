"""The one error a user can cause, and what helps to mend it."""

import os
import sysconfig
import traceback
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

LONGEST = 900  # characters; what is longer has lost its middle
PIPELINE = Path(__file__).parents[1]
# Of no user: what is installed, Python itself, code that is in no file, and this pipeline but for its plug-ins.
LIBRARIES = [sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
OTHERS = (*LIBRARIES, "<", *(str(PIPELINE / part) + os.sep for part in ("lib", "parts", "scripts")))


class BadInput(ValueError):
    """What came, what was needed and where, in one sentence; shown to the user without a traceback.

    It may quote names and values of any origin: what is not printable is escaped, so that it stays one line and moves no cursor.
    """

    def __init__(self, sentence):
        shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(sentence))
        super().__init__(shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 300]} ... {shown[-290:]}")


def nearest(name, known):
    """The names that are most like one that is not among them, as a sentence lists them."""
    return ", ".join(get_close_matches(name, known, 5) or get_close_matches(name, known, 5, 0)) or "none"


def instead_of(path):
    """What there is in place of a file or a folder that is not there: the end of a sentence."""
    path = Path(path)
    if os.path.exists(path):  # False, where Path.exists() raises: what this user may not look into
        return f"; {path} is a {'folder' if os.path.isdir(path) else 'file'}"
    while not os.path.isdir(path.parent):
        path = path.parent
    where = path.parent if str(path.parent) != "." else f"{os.getcwd()}, from where relative paths count,"
    try:
        near = get_close_matches(path.name, os.listdir(path.parent), 5)
    except OSError as error:
        return f"; {path.parent} cannot be read: {error.strerror}"
    return f"; the nearest names in {where} are {', '.join(near)}" if near else f"; nothing in {where} has a name like it"


def said_by(error):
    """What an exception says: the first line of its message, its kind where that tells more, and the line of the user's code."""
    first = next(iter(str(error).splitlines()), "")
    plain = first and isinstance(error, (RuntimeError, ValueError, AssertionError, TypeError, IndexError))
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(OTHERS)]
    said = first if plain else f"{type(error).__name__}{': ' if first else ''}{first}"
    return f"{said} ({own[-1].filename}, line {own[-1].lineno})" if own else said


@contextmanager
def at(where):
    """What is wrong within, behind its place in the configuration."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
