"""From the names in the authors' checkpoints to those of our networks."""

import re


def renaming(rules, unread=()):
    """A `rename` of Network: {name: tensor} -> {name: tensor}; names that no rule knows stay, as do our own.

    rules: pattern of the start of a name -> what replaces it, the first that fits; unread: patterns of the starts of names of
    tensors that the authors' networks hold but never compute with. `module.`, as torch.nn.DataParallel leaves it, is taken
    out of all names.
    """
    skipped = [re.compile(pattern) for pattern in unread]
    compiled = [(re.compile(pattern), ours) for pattern, ours in rules.items()]

    def rename(state):
        plain = {re.sub(r"(^|\.)module\.", r"\1", name): tensor for name, tensor in state.items()}
        return {ours_of(name): tensor for name, tensor in plain.items() if not any(s.match(name) for s in skipped)}

    def ours_of(name):
        rule = next(((pattern, ours) for pattern, ours in compiled if pattern.match(name)), None)
        return rule[0].sub(rule[1], name, count=1) if rule else name

    return rename
