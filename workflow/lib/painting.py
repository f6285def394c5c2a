"""The record that stays beside stylized clips when they are dropped: how they were painted, as JSON."""

import json
from pathlib import Path

from workflow.lib.files import atomic


def write_record(path, painting):
    """Note at `path` how clips were painted."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(painting, indent=2))


def says(path, painting):
    """Whether there is a record at `path`, and of just this painting."""
    return Path(path).is_file() and json.loads(Path(path).read_text()) == painting
