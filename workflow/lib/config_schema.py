"""A configuration against its schema: defaults filled in, each mistake one sentence that says where.

Needs jsonschema and PyYAML, which come with Snakemake. Stricter than YAML and JSON Schema: 16.0 is no whole number, nan and inf are
no numbers, a name is text, and no key is given twice.
"""

import math
from copy import deepcopy
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import best_match

from workflow.lib.errors import BadInput, nearest
from workflow.lib.plugins import ROOT

SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
LONGEST = 400  # characters of a message: the validator repeats what came, however long
LARGEST = 1_000_000  # values of a configuration, aliases counted where they are used


def with_defaults(validator, properties, instance, schema):
    """JSON Schema's `properties`, after the defaults of those that are absent were filled in and all were put in one order.

    Snakemake runs a job again whose parameters hold the same keys in another order, and the order rests on which of the files that
    are laid over one another comes first.
    """
    if isinstance(instance, dict):
        for name, own in properties.items():
            if "default" in own:
                instance.setdefault(name, deepcopy(own["default"]))
            if name in instance:
                value = instance.pop(name)
                free = own.get("type") == "object" and not own.keys() & {"properties", "additionalProperties"}
                instance[name] = dict(sorted(value.items())) if free and isinstance(value, dict) else value
    yield from Draft202012Validator.VALIDATORS["properties"](validator, properties, instance, schema)


def fill_and_check(config):
    """Fill the defaults of the schema into `config`; raises BadInput for its gravest mistake."""
    check_values(config, ())
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    validator = validators.extend(Draft202012Validator, {"properties": with_defaults}, type_checker=types)
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    if error := best_match(validator(schema).iter_errors(config)):
        message = " ".join(error.message.split())
        if error.validator == "additionalProperties" and (known := error.schema.get("properties", {})):
            unknown = next(key for key in error.instance if key not in known)
            message = f"'{unknown}' was unexpected; the nearest keys are {nearest(unknown, known)}"
        raise BadInput(said(error.absolute_path, message if len(message) <= LONGEST else f"{message[:LONGEST]} ..."))


def said(path, message):
    """A message behind the keys that lead to what it is about."""
    return ": ".join([*map(str, path), message])


def check_values(value, path):
    """Raise BadInput for keys that are not text, numbers that are not finite and characters that no file name can have."""
    if isinstance(value, dict):
        for key, own in value.items():
            if not isinstance(key, str):
                raise BadInput(said(path, f"the key {key!r} is no text; write it in quotes"))
            check_values(own, (*path, key))
    elif isinstance(value, list):
        for place, own in enumerate(value):
            check_values(own, (*path, place))
    elif isinstance(value, float) and not math.isfinite(value):
        raise BadInput(said(path, f"{value} came, a finite number was needed"))
    elif isinstance(value, str) and ("\0" in value or not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)):
        raise BadInput(said(path, f"{value[:50]!r} holds a character that no file name can have"))


def check_config_files(paths):
    """Raise BadInput for configuration files that give a key twice, hold themselves, or grow beyond LARGEST by their aliases."""
    for path in paths:
        try:
            root = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except (yaml.YAMLError, OSError, ValueError):
            continue  # Snakemake has said so, or could read it: it takes JSON too
        if root and size_of(root, path, {}) > LARGEST:
            raise BadInput(f"{path} holds more than {LARGEST} values, its aliases (*) counted where they are used")


def size_of(node, path, sizes):
    """Number of values of a YAML node, aliases counted where they are used; raises BadInput as `check_config_files`."""
    if node in sizes:
        if sizes[node] is None:
            raise BadInput(f"{path}, line {node.start_mark.line + 1}: what stands here holds itself")
        return sizes[node]
    sizes[node], below = None, []
    if isinstance(node, yaml.MappingNode):
        check_keys(node, path)
        below = [value for _, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        below = node.value
    sizes[node] = 1 + sum(size_of(own, path, sizes) for own in below)
    return sizes[node]


def check_keys(node, path):
    """Raise BadInput where a mapping gives a key twice: YAML would keep the last one only, without a word."""
    lines = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if isinstance(key, yaml.ScalarNode) and (first := lines.setdefault(key.value, line)) != line:
            raise BadInput(f"{path}, line {line}: '{key.value}' stands in line {first} already; a key is given once")
