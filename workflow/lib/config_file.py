"""Configuration files that cannot be read, told of before Snakemake is asked, which names no line: -m, then the files."""

import json
import sys
from contextlib import suppress
from pathlib import Path

import yaml

from workflow.lib.errors import BadInput, instead_of


def read_config(path):
    """What a configuration file holds; raises BadInput where it is not there, or neither JSON nor YAML."""
    if not Path(path).is_file():
        raise BadInput(f"there is no file {path}{instead_of(path)}")
    try:
        text = Path(path).read_text(encoding="utf-8")
        with suppress(json.JSONDecodeError):
            return json.loads(text)  # as Snakemake does; tabs are no mistake in JSON
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"
        raise BadInput(f"{path} is no YAML: {where}: {error.problem}") from error
    except (yaml.YAMLError, OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {' '.join(str(error).split())}") from error


if __name__ == "__main__":
    try:
        for path in sys.argv[1:]:
            read_config(path)
    except BadInput as error:
        sys.exit(f"config: {error}")
