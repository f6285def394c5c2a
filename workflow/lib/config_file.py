"""Configuration files that cannot be read, told before Snakemake, whose word names no line: python -m workflow.lib.config_file FILE ..."""

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
        mark = error.problem_mark
        raise BadInput(
            f"{path}, line {mark.line + 1}, column {mark.column + 1}: {error.problem}, so that this is no YAML"
        ) from error
    except (yaml.YAMLError, OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {' '.join(str(error).split())}") from error


if __name__ == "__main__":
    try:
        for path in sys.argv[1:]:
            check_readable(path)
    except BadInput as error:
        sys.exit(f"config: {error}")
