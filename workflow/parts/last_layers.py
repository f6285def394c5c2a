"""What layers encode, one row per layer, network and data set: all layers, or the last one of every stream."""

import pandas as pd

from workflow.parts.figure_style import named, of_last_layers
from workflow.parts.numbers import with_interval
from workflow.parts.wording import file_name

# What is shown of a metric's scores, in this order: (quantity, factor) -> heading, digits.
MEASURES = {
    ("share", "order_dependence"): ("order-dependence", 3),
    ("share", "style_dependence"): ("style-dependence", 3),
    ("percent", "dynamic"): ("% dynamic", 1),
    ("percent", "static"): ("% static", 1),
    ("S", "dynamic"): ("S dynamic", 3),
    ("S", "static"): ("S static", 3),
    ("bits", "dynamic"): ("bits dynamic", 3),
    ("bits", "static"): ("bits static", 3),
    ("cka", "dynamic"): ("CKA dynamic", 3),
    ("cka", "static"): ("CKA static", 3),
}
KEYS = ["model", "stream", "dataset", "training", "layer"]


def measured(scores):
    """Scores of whole layers, each measure of each metric: (metric, quantity, factor) -> its rows, in the order they are shown."""
    whole = scores[scores["unit"].isna()]
    found = {
        (metric, *measure): own[(own["quantity"] == measure[0]) & (own["factor"] == measure[1])]
        for metric, own in whole.groupby("metric", sort=False)
        for measure in MEASURES
    }
    shown = sorted(found, key=lambda key: key[1] != "share")  # shares first: they mean the same in every network
    return {key: found[key] for key in shown if len(found[key])}


def says_metric(quantity, metric):
    """Whether a quantity alone says which metric it is of, so that names and headings need not say both."""
    return quantity in ("share", metric)


def last_layer_values(scores):
    """Numbers of every network's last layer, as `layer_values` gives them."""
    return layer_values(of_last_layers(scores))


def last_layer_table(scores):
    """The same as people read it, as `layer_table` gives it, on a page's width: without S of metrics that have percentages."""
    in_percent = scores["metric"].isin(scores.loc[scores["quantity"] == "percent", "metric"])
    return layer_table(of_last_layers(scores[~(in_percent & scores["quantity"].eq("S"))]))


def layer_values(scores):
    """Numbers of layers with the ends of their intervals, a column each: a DataFrame."""
    rows = {key: dict(zip(KEYS, key, strict=True)) | {"n_videos": n} for key, n in layers(scores)}
    for (metric, quantity, factor), own in measured(scores).items():
        column = "_".join([metric, factor] if says_metric(quantity, metric) else [metric, quantity, factor])
        for key, (_, row) in zip(keys_of(own), own.iterrows(), strict=True):
            rows[key] |= {column: row["value"], f"{column}_low": row["low"], f"{column}_high": row["high"]}
    return pd.DataFrame(list(rows.values()), columns=None if rows else [*KEYS, "n_videos"])


def layer_table(scores):
    """The same as people read it: a column per measure, numbers with their intervals; the data set where there are several."""
    whole, several = scores[scores["unit"].isna()], scores["dataset"].nunique() > 1
    full_names = dict(zip(keys_of(whole), named(whole)["model"].str.split("\n").str[0], strict=True))
    rows = {}
    for key, n in layers(scores):
        about = {"network": full_names[key]} | ({"data set": key[2]} if several else {}) | {"layer": key[4]}
        rows[key] = about, {}, {"videos": n, "weights": file_name(key[3])}
    for (metric, *measure), own in measured(scores).items():
        heading, digits = MEASURES[tuple(measure)]
        for key, row in zip(keys_of(own), own.itertuples(), strict=True):
            rows[key][1][heading if says_metric(measure[0], metric) else f"{heading}, {metric}"] = with_interval(row, digits)
    columns = dict.fromkeys(name for part in zip(*rows.values(), strict=True) for own in part for name in own)
    return pd.DataFrame([about | cells | basis for about, cells, basis in rows.values()], columns=columns or None).fillna("")


def layers(scores):
    """(key, least number of videos that its numbers rest on) of every layer, in the order of the scores."""
    whole, least = scores[scores["unit"].isna()], {}
    for key, n in zip(keys_of(whole), whole["n_videos"], strict=True):
        least[key] = min(n, least.get(key, n))
    return least.items()


def keys_of(scores):
    """The key of each row: a list of tuples; a network of one stream has the stream ''."""
    return list(scores[KEYS].astype("object").fillna("").itertuples(index=False, name=None))
