"""What stands below the layers of a figure: names short enough, and long enough to be told apart."""

import functools
import os
import re

ENDS = 0.2  # how much more than its layers' number an axis is long
UPRIGHT = 22  # letters of the longest name of a layer
BESIDE = 0.093  # inches that a name takes which stands upright beside others
WORD = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?P<numbered>(?=\d))?")  # of a layer's name, its capitals too


def layer_names(layers):
    """What stands below the layers of a panel, in depth order: (a list, what it has in common, whether they are turned upright).

    Numbers alone where names differ by a number only; long names are shortened.
    """
    numbers = [re.search(r"\d+$", layer) for layer in layers]
    if len({re.sub(r"\d+$", "", layer) for layer in layers}) == 1 and all(numbers):
        return [str(int(number[0])) for number in numbers], re.sub(r"\W*_?\d+$", "", layers[0]), False
    if len(" ".join(layers)) <= 14:
        return list(layers), "", False
    return shortened(tuple(layers)), "", True


@functools.cache
def shortened(names, letters=UPRIGHT):
    """Names of so many letters, or of as many more as tell them apart, by what tells them apart: where some are longer, they lose
    the parts that the longer ones all begin or end with, and letters of their words.
    """
    first, last = shared_ends([name for name in names if len(name) > letters])
    stripped = [name.removeprefix(first).removesuffix(last) or name for name in names]
    own = list(map(abbreviations, stripped if len(set(stripped)) == len(set(names)) else names))
    for most in range(letters, max(len(one[0]) for one in own)):
        shown = [next((cut for cut in one if len(cut) <= most), one[-1]) for one in own]
        if len(set(shown)) == len(set(names)):
            return shown
    return [one[0] for one in own]


def shared_ends(names):
    """What all of several names begin with, up to a dot, and what they end with, from a dot or underscore on."""
    if len(names) < 2:
        return "", ""
    first = re.match(r"(.*\.)?", os.path.commonprefix(names))[0]
    backwards = os.path.commonprefix([name.removeprefix(first)[::-1] for name in names])
    return first, re.match(r"(.*[._])?", backwards)[0][::-1]


def abbreviations(name):
    """A name, and what is left of it as more and more of its words is cut: to five letters, then those before a digit to one."""
    cuts = range(len(name), 0, -1)
    kept = [*((cut, cut) for cut in cuts if cut > 4), *((1, cut) for cut in cuts)]  # letters of words before a digit, and of others
    return [name, *(WORD.sub(lambda word, own=own: word[0][: own[word["numbered"] is None]], name) for own in kept)]


def label_layers(axes, layers):
    """Name the layers 0, 1, ... of an axis; where they are many, only every second, third, ..., the last one always."""
    names, common, upright = layer_names(list(layers))
    wide = axes.get_position().width * axes.figure.get_figwidth()
    step = -(-len(names) // (fitting(wide) if upright else 6))
    places = list(range(len(names) - 1, -1, -step))
    axes.set_xticks(places, [names[place] for place in places], rotation=90 if upright else 0)
    axes.set_xlabel(common)
    axes.set_xlim(-(1 + ENDS) / 2, len(names) - (1 - ENDS) / 2)


def fitting(wide):
    """How many layers have a name each that stands upright, on an axis so many inches wide."""
    return int(wide / BESIDE - ENDS)


def upright_names(table):
    """Of the networks of a table whose layers have names that stand upright: network -> (layers, letters of the longest name)."""
    names = {model: layer_names(list(own["layer"].unique())) for model, own in table.sort_values("depth").groupby("model")}
    return {model: (len(shown), max(map(len, shown))) for model, (shown, _, upright) in names.items() if upright}
