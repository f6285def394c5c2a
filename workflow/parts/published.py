"""Published numbers and ours as people read them."""

import pandas as pd

from workflow.parts.numbers import with_interval

DIGITS = {"S": 3, "percent": 1, "units": 1, "relative_top1": 1, "mIoU": 1}


def published_cell(row):
    """A published number as printed, with what reading it off a figure allows."""
    return f"{row.published:g}" + (f" ± {row.uncertainty:g}" if pd.notna(row.uncertainty) else "")


def published_table(published):
    """Published numbers and ours side by side, clearly marked; our cell is empty where there is no counterpart."""
    ours = [with_interval(row, DIGITS[row.quantity]) if pd.notna(row.value) else "" for row in published.itertuples()]
    columns = {
        "figure": published["figure"],
        "network": published["network"],
        "trained on": published["trained_on"],
        "probed on": published["probed_on"],
        "published layer": published["published_layer"],
        "quantity": published["quantity"].str.cat(published["factor"].fillna(""), " ").str.strip(),
        "published (Kowal et al. 2022)": [published_cell(row) for row in published.itertuples()],
        "ours": ours,
        "our network": published["model"].where(published["value"].notna()),
        "our data set": published["dataset"].where(published["value"].notna()),
        "our weights": published["training"],
        "our layer": published["layer"],
        "our metric": published["metric"],
        "why ours is empty": published["reason"],
    }
    return pd.DataFrame(columns).fillna("")
