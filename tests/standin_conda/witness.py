"""Loaded by every interpreter of a stand-in environment: notes which script it ran and where its packages came from."""

import atexit
import json
import os
import sys
from pathlib import Path


def note(path):
    """Append one JSON line: the environment, the script, and each loaded package's file."""
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items() if "." not in name}
    line = {"environment": sys.prefix, "script": sys.argv[0], "files": {name: file for name, file in files.items() if file}}
    with Path(path).open("a") as notes:
        notes.write(json.dumps(line) + "\n")


if "STANDIN_CONDA_NOTES" in os.environ:
    atexit.register(note, os.environ["STANDIN_CONDA_NOTES"])
