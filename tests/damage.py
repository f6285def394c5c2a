"""Ways of spoiling bytes and values, drawn from a generator of random numbers."""

import math

import numpy as np

TEXTS = [
    "",
    " ",
    "x",
    "../../x",
    "/etc/passwd",
    "..",
    ".",
    "-rf",
    "a b",
    "$(touch pwned)",
    "`touch pwned`",
    "'\"",
    "a\nb",
    "a\tb",
    "{x}",
]
TEXTS += [
    "\u202etxt",
    "Läufe",
    "日本",
    "a" * 5000,
    "nan",
    "1e400",
    "NULL",
    "None",
    "true",
    "http://[::1",
    "file:///etc/passwd",
    "C:\\x",
]
TEXTS += ["original", "*", "%s", "a/b", "a\\b", "\ufeff", "x@9", "@", "\x1b[31m", "0", "-1", "1.5", ".py", "x.py", "../lib/plugins"]
NUMBERS = [0, 1, -1, 2, 3, 0.5, 16.0, 1e-300, 1e300, math.nan, math.inf, -math.inf, 2**31, 2**63, 10**30, -(10**9), 1.5, 257, 1e9]


def value(rng):
    """Anything that a YAML or JSON file can hold."""
    kind = rng.integers(7)
    if kind < 2:
        return choice(rng, TEXTS)
    if kind < 4:
        return choice(rng, NUMBERS)
    return choice(
        rng, [None, True, False, [], {}, [[]], [None], {"x": None}, {"": {}}, [1, 1], ["a", "a"], {"a": [{}]}, [{"b": 1}]]
    )


def choice(rng, things):
    """One of a list, whatever it holds."""
    return things[rng.integers(len(things))]


def damaged(rng, data):
    """Bytes spoiled in one of many ways."""
    data, n = bytearray(data), len(data)
    way = rng.integers(9)
    if way == 0:
        return bytes(data[: rng.integers(n + 1)])
    if way == 1:  # the head is where sizes stand
        return flipped(rng, data, min(n, 200), 1 + rng.integers(4))
    if way == 2:
        return flipped(rng, data, n, 1 + rng.integers(n // 50 + 2))
    if way == 3:
        at = rng.integers(n)
        return bytes(data[:at] + rng.bytes(int(rng.integers(1, 300))) + data[at:])
    if way == 4:
        first, last = sorted(rng.integers(n + 1, size=2))
        return bytes(data[:first] + data[last:])
    if way == 5:
        first, last = sorted(rng.integers(n + 1, size=2))
        data[first:last] = bytes([choice(rng, [0, 255])]) * (last - first)
        return bytes(data)
    if way == 6:  # a number somewhere becomes the largest there is
        at = rng.integers(max(n - 4, 1))
        data[at : at + 4] = choice(rng, [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\x80\0\0\0"])
        return bytes(data)
    if way == 7:
        return bytes(data * 2)
    return choice(
        rng, [b"", b"\0" * 1000, b"not what you think\n", b"PK\x03\x04", b"<html></html>", rng.bytes(4000), b"\xff\xfe\0"]
    )


def flipped(rng, data, within, n):
    """Bytes of which n among the first `within` have a bit turned."""
    for at in rng.integers(max(within, 1), size=n):
        if at < len(data):
            data[at] ^= 1 << int(rng.integers(8))
    return bytes(data)


def places(tree, path=()):
    """Paths to everything in nested mappings and lists."""
    yield path
    if isinstance(tree, dict | list):
        for key in tree if isinstance(tree, dict) else range(len(tree)):
            yield from places(tree[key], (*path, key))


def spoil_tree(rng, tree):
    """Change, remove, add, rename or nest one thing of nested mappings and lists, in place."""
    path = choice(rng, [path for path in places(tree) if path])
    inner = tree
    for key in path[:-1]:
        inner = inner[key]
    key, way = path[-1], rng.integers(8)
    if way < 3:
        inner[key] = value(rng)
    elif way == 3:
        del inner[key]
    elif way == 4 and isinstance(inner, dict):
        inner[choice(rng, [*TEXTS, 1, None, True, 2.5])] = value(rng)
    elif way == 5 and isinstance(inner, dict):
        inner[choice(rng, [*TEXTS, str(key)[:-1], f"{key}s", str(key).upper(), 7])] = inner.pop(key)
    elif way == 6:
        inner[key] = choice(rng, [[inner[key]], {"x": inner[key]}, [inner[key], inner[key]], str(inner[key])])
    else:
        own = inner[key]
        inner[key] = (
            float(own) if type(own) is int else -own if isinstance(own, float) else f"{own}x" if isinstance(own, str) else None
        )


def assert_whole(n_in, accepted, rejected):
    """Fail unless every row of input gave clips or a row that says why not."""
    videos = {row["video"] for row in accepted}
    assert len(rejected) + len(videos) >= len(set(n_in)), "a row without a result and without a reason"
    assert all(row["reason"].strip() for row in rejected), "a rejection without a reason"
    assert set(n_in) == videos | {row["video"] for row in rejected}


def is_finite(array):
    """Whether an array of numbers is finite."""
    return bool(np.isfinite(array).all())
