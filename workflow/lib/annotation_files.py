"""Which official annotation file a file is (standard library only: used while the workflow is parsed)."""

import csv
import io
import json
from pathlib import Path

from workflow.lib.errors import BadInput

FORMATS = ("kinetics400", "activitynet", "diving48", "ssv2")
BESIDE = {"diving48": "diving48 vocabulary", "ssv2": "ssv2 labels"}  # the file of class names that comes with the videos'


def read(path):
    """(kind, content) of an annotation file; the kind is None where it is none that is known here."""
    if Path(path).exists() and not Path(path).is_file():
        raise BadInput(f"annotation file {path} is no file")
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"annotation file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"annotation file {path} is not UTF-8: {error}") from error
    if text.lstrip()[:1] in ("[", "{"):
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadInput(f"annotation file {path} is no JSON, is it complete? {error}") from error
        return kind_of(content), content
    try:
        rows = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
        header = set(rows.fieldnames or [])
        if len(header) < len(rows.fieldnames or []):
            raise BadInput(f"annotation file {path} has a column twice: {', '.join(rows.fieldnames)[:200]}")
        return ("kinetics400" if "youtube_id" in header else "manifest" if "start_s" in header else None), list(rows)
    except csv.Error as error:
        raise BadInput(f"annotation file {path} is neither JSON nor CSV: {error}") from error


def kind_of(content):
    """What a JSON file is: the format that it has, `diving48 vocabulary`, `ssv2 labels`, or None."""
    if isinstance(content, dict):
        labels = content and all(isinstance(v, (str, int)) for v in content.values())
        return "activitynet" if isinstance(content.get("database"), dict) else "ssv2 labels" if labels else None
    first = content[0] if content else None
    if isinstance(first, dict):
        return "diving48" if "vid_name" in first else "ssv2" if "id" in first else None
    return "diving48 vocabulary" if isinstance(first, list) else None


def sorted_out(kind, files):
    """Contents of `files` as (main: [(path, content)], beside: content or None); raises BadInput for a file of another kind."""
    main, beside = [], None
    for path in files:
        found, content = read(path)
        if found == kind:
            main.append((path, content))
        elif found and found == BESIDE.get(kind):
            beside = content
        else:
            like = f"it looks like {found}" if found else f"it looks like none of {', '.join(FORMATS)}"
            raise BadInput(f"annotation file {path} came as {kind}, {like}")
    if not main:
        raise BadInput(f"annotation files {', '.join(files)}: {kind} needs a file with its videos beside its labels")
    return main, beside
