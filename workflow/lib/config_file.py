"""Configuration files that cannot be read, told of before Snakemake is asked, which names no line: -m, then the files."""

import sys
from pathlib import Path

import yaml

from workflow.lib.errors import BadInput, instead_of


def check_readable(path):
    """Raise BadInput where a configuration file is not there or is no YAML."""
    if not Path(path).is_file():
        raise BadInput(f"there is no file {path}{instead_of(path)}")
    try:
        yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"
        raise BadInput(f"{path} is no YAML: {where}: {error.problem}") from error
    except (yaml.YAMLError, OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {' '.join(str(error).split())}") from error


if __name__ == "__main__":
    try:
        for path in sys.argv[1:]:
            check_readable(path)
    except BadInput as error:
        sys.exit(f"config: {error}")
