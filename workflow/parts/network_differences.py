"""Which networks differ, as people read it: the last layers of two, one row per pair and data set."""

import pandas as pd

from workflow.parts.figure_style import named
from workflow.parts.last_layers import MEASURES, measured
from workflow.parts.numbers import with_interval


def side(differences, which):
    """Full names of the networks of side `a` or `b`."""
    own = differences.assign(**{column: differences[f"{column}_{which}"] for column in ("model", "training", "stream")})
    return named(own)["model"].str.split("\n").str[0]


def differences_table(differences):
    """Table `differences` of last layers: a column per measure, a cell holding the first less the second and its interval."""
    own = differences[differences["comparison"] == "networks"].assign(unit=None)
    own, rows = own.assign(a=side(own, "a"), b=side(own, "b")), {}
    for (metric, quantity, factor), each in measured(own).items():
        heading, digits = MEASURES[quantity, factor]
        heading = heading if quantity == "share" else f"{heading}, {metric}"
        for row in each.itertuples():
            cells, counts = rows.setdefault((row.a, row.b, row.dataset), ({}, {}))
            if isinstance(row.reason, str):
                counts["reason"] = row.reason
            else:
                cells[heading] = with_interval(row, digits)
                alike = row.same_crossings and counts.get("crossings") != "not the same"  # by every measure
                counts["crossings"] = "the same" if alike else "not the same"
                counts["videos"] = f"{min(row.n_videos, float(counts.get('videos', row.n_videos))):.0f}"
    names = [dict(zip(("network", "less", "data set"), key, strict=True)) for key in rows]
    found = [name | cells | counts for name, (cells, counts) in zip(names, rows.values(), strict=True)]
    return pd.DataFrame(found, columns=None if rows else ["network", "less", "data set"]).fillna("")
