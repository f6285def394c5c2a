"""Snakemake itself, run in a folder of its own over this project's Snakefile."""

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.jobs import ROOT


def snakemake(folder, config, *arguments):
    """Run Snakemake with `config` in place of config.yaml, results and its own records below `folder`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(config))
    command = [Path(sys.executable).parent / "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder]
    command += ["--configfile", "bench.json", "--cores", "1", *arguments]
    # The Snakefile's own config.yaml is looked for in the folder, where there is none.
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        sys.exit(done.stdout)
    return done.stdout
