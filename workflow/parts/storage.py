"""What the stages store, in bytes."""

from pathlib import Path

import numpy as np
import pandas as pd

from workflow.lib.arrays import open_frames


def storage_table(stored):
    """Size of what is stored, a row per kind; None where nothing is.

    stored: kind -> files and folders, of which `clips` are clip stores and tell how many clips there are.
    """
    if not stored:
        return None
    clips = {path: len(open_frames(path)) for path in stored["clips"] if Path(path).is_file()}
    n_clips = sum(clips.values()) if len(clips) == len(stored["clips"]) else np.nan
    rows = []
    for kind, paths in stored.items():
        there = [Path(path) for path in paths if Path(path).exists()]
        files = [file for path in there for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
        missing, total = len(paths) - len(there), sum(file.stat().st_size for file in files)
        per_clip = total / n_clips if n_clips and not missing else np.nan
        rows.append({"stored": kind, "bytes": total, "bytes per clip": per_clip, "files": len(files), "files not there": missing})
    return pd.DataFrame(rows)
