"""Measure speed and memory: python -m bench, or python -m bench features plan for some topics only."""

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

TOPICS = ["features", "released_way", "stylization", "decoding", "scores", "plan", "overhead", "memory"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def measure(topics, size, folder):
    """Rows of the table of some topics, each a file of this folder with a bench() and its sizes FULL and TINY."""
    rows = []
    for topic in topics:
        module = importlib.import_module(f"bench.{topic}")
        print(f"measuring {topic}", file=sys.stderr, flush=True)
        rows += module.bench(Path(folder) / topic, **getattr(module, size))
    return rows


def written(rows, path):
    """Write machine and rows as JSON; returns them as one text."""
    import pandas as pd

    from bench.measuring import COLUMNS, machine

    about = machine()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": about, "rows": rows}, indent=2, ensure_ascii=False))
    table = pd.DataFrame(rows, columns=COLUMNS).to_string(index=False, float_format=shown)
    return f"{table}\n{', '.join(f'{key}: {value}' for key, value in about.items())}"


def shown(value):
    """A number with three digits, or as many as stand before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def main(names, size="FULL", path=Path("results/bench/bench.json")):
    """Measure the named topics, all where none is named, and print the table."""
    unknown = sorted(set(names) - set(TOPICS))
    if unknown:
        sys.exit(f"bench: there is no topic {', '.join(unknown)}; there are {', '.join(TOPICS)}")
    os.environ.update(ONE_THREAD)  # read by the libraries when the measuring processes load them
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(names or TOPICS, size, folder)
    print(written(rows, path))


if __name__ == "__main__":
    main(sys.argv[1:])
