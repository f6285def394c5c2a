"""What stands below the layers of a figure: names short enough, and long enough to be told apart."""

import functools
import os
import re

ENDS = 0.2  # how much more than its layers' number an axis is long
UPRIGHT = (24, 16)  # letters of the longest name of a layer, and where a page has no room for them
CUT = "…"  # stands for what is cut
BESIDE = 0.093  # inches that a name takes which stands upright beside others
WORD = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?P<numbered>(?=\d))?")  # of a layer's name, its capitals too


def layer_names(layers, letters=UPRIGHT[0]):
    """What stands below the layers of a panel, in depth order: (a list, what it has in common, whether they are turned upright).

    Numbers alone where names differ by a number only; long names are shortened.
    """
    numbers = [re.search(r"\d+$", layer) for layer in layers]
    if len({re.sub(r"\d+$", "", layer) for layer in layers}) == 1 and all(numbers):
        return [str(int(number[0])) for number in numbers], re.sub(r"\W*_?\d+$", "", layers[0]), False
    if len(" ".join(layers)) <= 14:
        return list(layers), "", False
    return shortened(tuple(layers), letters), "", True


@functools.cache
def shortened(names, letters=UPRIGHT[0]):
    """Names of so many letters, or of as many more as tell them apart, by what tells them apart: where some are longer, they lose
    the parts that the longer ones all begin or end with, and more, an ellipsis in its place.
    """
    first, last = shared_ends([name for name in names if len(name) > letters])
    stripped = [name.removeprefix(first).removesuffix(last) or name for name in names]
    own = list(map(abbreviations, stripped if len(set(stripped)) == len(set(names)) else names))
    for most in range(letters, max(length(one[0]) for one in own)):
        shown = [next((cut for cut in one if length(cut) <= most), one[-1]) for one in own]
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


@functools.cache
def abbreviations(name):
    """A name, and what is left of it as more and more of its words is cut: to five letters, then those before a digit to their
    initial, as in s1.b0 for stage1.block0, others to three; and as a last resort all, with one ellipsis at the name's end.
    """
    cuts = range(max((len(word[0]) for word in WORD.finditer(name)), default=0), 0, -1)
    kept = [*((n, n) for n in cuts if n > 4), *((1, n) for n in cuts if n > 2)]  # letters of words before a digit, and of others
    return [name, *(cut(name, *own) for own in kept), *(cut(name, 1, n, "") + CUT for n in cuts)]


def cut(name, numbered, others, mark=CUT):
    """A name whose words have so many letters where a digit follows, and where none does; whole where a mark is as long.

    Initials before a digit have no mark: nobody takes them for words.
    """

    def shorter(word):
        kept = others if word["numbered"] is None else numbered
        if word["numbered"] is not None and kept == 1:
            return word[0][0]
        return word[0][:kept] + mark if len(word[0]) > kept + length(mark) else word[0]

    return WORD.sub(shorter, name)


def length(name):
    """Letters that a name is long: an ellipsis is as wide as two."""
    return len(name) + name.count(CUT)


def label_layers(axes, layers, letters):
    """Name the layers 0, 1, ... of an axis; where they are many, only every second, third, ..., the last one always."""
    names, common, upright = layer_names(layers, letters)
    wide = axes.get_position().width * axes.figure.get_figwidth()
    step = -(-len(names) // (fitting(wide) if upright else 6))
    places = list(range(len(names) - 1, -1, -step))
    axes.set_xticks(places, [names[place] for place in places], rotation=90 if upright else 0)
    axes.set_xlabel(common)
    axes.set_xlim(-(1 + ENDS) / 2, len(names) - (1 - ENDS) / 2)


def fitting(wide):
    """How many layers have a name each that stands upright, on an axis so many inches wide."""
    return int(wide / BESIDE - ENDS)


def layers_of(table):
    """The layers of every network of a table, in depth order: network -> a list."""
    return {model: list(own["layer"].unique()) for model, own in table.sort_values("depth").groupby("model")}


def upright_names(layers, letters):
    """Of networks whose layers' names stand upright: network -> (layers, letters of the longest name)."""
    names = {model: layer_names(own, letters) for model, own in layers.items()}
    return {model: (len(shown), max(map(length, shown))) for model, (shown, _, upright) in names.items() if upright}
