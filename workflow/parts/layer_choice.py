"""Which layers of a network are read: by name, by pattern, or proposed from how the network is built."""

import re
from collections import Counter
from fnmatch import fnmatchcase

from torch import nn

from workflow.lib.errors import BadInput, nearest
from workflow.lib.features import KEYS

LISTS = (nn.ModuleList, nn.ModuleDict)  # they hold modules and are not run themselves
# What is taken together with a convolution before it, in a plain sequence.
FINISHING = ("torch.nn.modules.batchnorm", "torch.nn.modules.instancenorm", "torch.nn.modules.activation")


def choose_layers(network, wanted):
    """The layers of a network to read: name shown -> module path.

    wanted: None for the network's own; "auto" for a proposal; a list of module paths, of names of the network's own layers,
    or of patterns (one may stand alone); or a mapping of names to these. In a pattern * stands for anything within one part
    of a path, so "blocks.*.norm" is the norm of every block, in module order; a pattern that a mapping gives one name is
    numbered. Raises BadInput naming the nearest names where nothing is found.
    """
    if wanted is None:
        return network.layers
    if wanted == "auto":
        return {path: path for path in proposed_layers(network.module)}
    known = network.layers | {path: path for path, _ in network.module.named_modules(remove_duplicate=False) if path}
    listed = [wanted] if isinstance(wanted, str) else wanted
    named = wanted.items() if isinstance(wanted, dict) else [(None, pattern) for pattern in listed]
    chosen = {}
    for name, pattern in named:
        found = matching(pattern, network.layers) or matching(pattern, known)
        if not found:
            raise BadInput(f"layers: the network has nothing called '{pattern}'; the nearest names are {nearest(pattern, known)}")
        shown = found if name is None else numbered(name, len(found))
        twice = [s for s in shown if name is not None and s in chosen]
        if twice:
            raise BadInput(f"layers: two layers are called '{twice[0]}'")
        chosen |= {s: known[path] for s, path in zip(shown, found, strict=True)}
    if kept := [name for name in chosen if name in KEYS]:
        raise BadInput(f"layers: '{kept[0]}' is a column of every feature dump; another name was needed")
    if not chosen:
        raise BadInput('layers: an empty list came; names, patterns or "auto" were needed')
    return chosen


def matching(pattern, names):
    """The names that a pattern means, in their order; * stays within one part of a path."""
    parts = pattern.split(".")
    split = {name: name.split(".") for name in names}
    return [n for n, own in split.items() if len(own) == len(parts) and all(map(fnmatchcase, own, parts))]


def numbered(name, count):
    """The name itself for one layer, else name0, name1, ... with as many digits as the last one has."""
    return [name] if count == 1 else [f"{name}{i:0{len(str(count - 1))}}" for i in range(count)]


def proposed_layers(module):
    """Paths of a network's blocks or stages, in order, after what comes before them in the same place (a stem).

    They are the largest group of children of one class and one parent, a group inside such a group left aside: ResNet's
    stages and not their blocks, a transformer's blocks and not their linear maps. Of one parent further such groups are read
    too: blocks that see frames, and blocks that see time (and heads, which cannot be told from these). A network without such
    groups is read at its convolutions or linear maps, after the norm and rectification that follow them. Twin groups are both
    read, as in two-stream networks, and the layers of sequences beside them. Raises BadInput where nothing is repeated.
    """
    # A group of two may be an accident (two heads) where there is a greater one, and is all there is in small networks;
    # two plain sequences are rather features and classifier.
    for least, made_of in ((3, is_composed), (2, is_block), (2, has_kernel)):
        groups = list(repeated_groups(module, "", least, made_of))
        if groups:
            largest = max(size for size, _ in groups)
            paths = [path for size, paths in groups if size == largest for path in paths]
            sequences = [path for path in sequence_layers(module) if not within(path, paths)]
            return [path for path in paths if not within(path, sequences)] + sequences
    names = ", ".join(path for path, _ in module.named_modules() if path)
    raise BadInput(f"layers: auto finds no repeated blocks in the network; name some of {names}")


def sequence_layers(module):
    """Paths of the layers that hold what a network knows of time, if it has such: PyTorch's recurrent ones and encoders."""
    return [path for path, child in module.named_modules() if isinstance(child, (nn.RNNBase, nn.TransformerEncoderLayer))]


def within(path, others):
    """Whether a path is one of the others or lies below one."""
    return any(f"{path}.".startswith(f"{other}.") for other in others)


def left_aside(module, chosen):
    """Names of a network's children with weights of which nothing is among the chosen paths."""
    read = {path.split(".")[0] for path in chosen}
    return [name for name, child in module.named_children() if name not in read and any(True for _ in child.parameters())]


def later_siblings(module, last, chosen):
    """Paths of what is built and numbered like the last module read, beside it and listed after it; none where one of these is.

    None either where nothing else of the kind is read: the first map of a classifier may be meant. What has no weights, as a
    rectification, is built alike where what it follows is too.
    """
    parent, _, _ = last.rpartition(".")
    children = list(module.get_submodule(parent).named_children())
    kinds = [None, *(type(child) for _, child in children)]
    built = {}
    for (name, child), before in zip(children, kinds, strict=False):
        own = (re.sub(r"\d+", "#", name), type(child), None if any(True for _ in child.parameters()) else before)
        built[f"{parent}.{name}".lstrip(".")] = own
    alike = [path for path, own in built.items() if own == built.get(last)]  # none for an alias
    later = alike[alike.index(last) + 1 :] if alike else []
    return [] if {*later} & {*chosen} or len({*alike} & {*chosen}) < 2 else later


def repeated_groups(module, prefix, least, made_of):
    """(Size, paths) of each group of at least `least` children of one class below a module, outermost groups only."""
    children = list(steps(module, prefix))
    counts = Counter(type(child) for _, child in children if made_of(child))
    kinds = [kind for kind, count in counts.most_common() if count >= least]
    if made_of is has_kernel:
        kinds = kinds[:1]  # convolutions or the linear maps of a classifier
    if not kinds:
        for path, child in children:
            yield from repeated_groups(child, f"{path}.", least, made_of)
        return
    members = [path for path, child in children if type(child) in kinds]
    parent = members[0].rpartition(".")[0]
    before = [p for p, c in children[: [p for p, _ in children].index(members[0])] if is_composed(c) or has_kernel(c)]
    before = [path for path in before if path.rpartition(".")[0] == parent]
    plain = isinstance(module, nn.Sequential) and made_of is has_kernel
    yield max(counts.values()), [*before, *(finished(children, path) if plain else path for path in members)]


def steps(module, prefix):
    """(Path, child) of a module's children in order, those in lists as if they were its own."""
    for name, child in module.named_children():
        if isinstance(child, LISTS):
            yield from steps(child, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", child


def finished(children, path):
    """The last of the norms and activations that directly follow a module in a sequence, or the module itself."""
    paths = [p for p, _ in children]
    last = paths.index(path)
    while last + 1 < len(children) and type(children[last + 1][1]).__module__ in FINISHING:
        last += 1
    return paths[last]


def is_composed(module):
    """Whether a module is made of others and has weights."""
    return any(True for _ in module.children()) and any(True for _ in module.parameters())


def is_block(module):
    """Whether a module is composed by a class of its own."""
    return is_composed(module) and type(module) is not nn.Sequential


def has_kernel(module):
    """Whether a module is a single linear map: a convolution or matrix, and no norm."""
    weight = getattr(module, "weight", None)
    return not any(True for _ in module.children()) and weight is not None and weight.ndim > 1
