"""Numbers as people read them."""

import math
import re

import numpy as np
import pandas as pd

NUMERIC = re.compile(r"-?(\d|\.\d)[\d.]*(e[-+]?\d+)?( \[.*\]| ± .*|%)?")  # a number, perhaps with its interval
REACHABLE = (15.5, 42.2)  # percent that S in [0, 1] can reach at all: e^0/(e^0 + 2e) to e/(2e + 1)
ROUNDING = 1e-9  # of a share or a similarity: what float32 leaves of a zero is less


def fixed(value, digits):
    """A number with so many digits after the point; what rounds to zero has no sign."""
    text = f"{value:.{digits}f}"
    return text if text.strip("-0.") else text.lstrip("-")


def span(values, digits):
    """The least and the most of some numbers, once where they print alike."""
    return " to ".join(dict.fromkeys(fixed(value, digits) for value in (values.min(), values.max())))


def with_interval(row, digits=1):
    """A value and its interval in brackets, where it has one.

    Where the interval leaves zero out, there are as many digits as tell its nearer end from zero.
    """
    if leaves_zero_out(row.low, row.high):
        digits = max(digits, math.ceil(-math.log10(min(abs(row.low), abs(row.high)))))
    ends = f" [{fixed(row.low, digits)}, {fixed(row.high, digits)}]" if row.low == row.low else ""
    return f"{fixed(row.value, digits)}{ends}"


def leaves_zero_out(low, high):
    """Whether an interval, or each of several, tells its value from zero and from what rounding leaves of it."""
    return (low > ROUNDING) | (high < -ROUNDING)


def readable(value):
    """A table's cell as text: three significant digits, nothing for what is missing."""
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value + 0.0:.3g}"
    return str(value)


def duration(seconds):
    """Seconds as hours and minutes, minutes and seconds, or seconds alone."""
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def is_numeric(cells):
    """Whether a column's texts are numbers, those that are empty aside; a few may be words that say why there is none."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(map(bool, map(NUMERIC.fullmatch, filled))) > len(filled) / 2
