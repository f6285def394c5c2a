"""What the outputs of a network are called, and which output a label means."""

import json
from pathlib import Path

from workflow.lib.errors import BadInput

NAMED = 10  # unknown labels named


def read_classes(path):
    """Class names in the order of the network's outputs: from a text file, one per line, a JSON list, or JSON {name: index}.

    Raises BadInput for a list that is empty, has gaps, or names a class twice.
    """
    text = Path(path).read_text(encoding="utf-8-sig")
    try:
        listed = json.loads(text) if Path(path).suffix == ".json" else text.rstrip().splitlines()
    except json.JSONDecodeError as error:
        raise BadInput(f"class list {path} is no JSON: {error}") from error
    names = in_order(path, listed) if isinstance(listed, dict) else listed
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and key(name) for name in names):
        raise BadInput(f"class list {path}: one name per class was needed, in the order of the network's outputs")
    seen = {}
    for name in names:
        if (other := seen.setdefault(key(name), name)) is not name:
            raise BadInput(f"class list {path} names '{other}' and '{name}', which labels cannot tell apart")
    return names


def in_order(path, indices):
    """Names of a mapping name -> index (a number or its digits), in the order of the indices, which run from 0 without gaps."""
    try:
        names = {int(index): name for name, index in indices.items()}
        return [names[i] for i in range(len(indices))]
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"class list {path}: names with indices from 0 to {len(indices) - 1}, each once, were needed") from error


def check_length(model, outputs, classes, where):
    """Raise BadInput unless a network has one output per class; outputs: how many class scores it gives, None or NaN for none."""
    if outputs != len(classes):
        came = "no class scores" if outputs is None or outputs != outputs else f"{outputs:g} outputs"
        raise BadInput(f"model {model} gives {came}, the class list {where} names {len(classes)} classes")


def key(name):
    """What of a name counts when labels are looked up: its letters and digits; not case, spaces, underscores or quotes."""
    return "".join(character for character in name.casefold() if character.isalnum())


def listed_labels(labels):
    """Labels in alphabetical order, the first of them by name; None for none."""
    names = sorted(set(labels))
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "") or None


def no_accuracy(dataset, model, listed):
    """That there is no accuracy, for none of a data set's labels is a class of the network; listed: those labels, if any."""
    labels = f"; its labels are {listed}" if listed else ", it has no labels"
    return f"no label of data set {dataset} is a class of model {model}: there is no accuracy{labels}"
