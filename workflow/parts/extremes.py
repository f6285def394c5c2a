"""Which networks are highest and which are lowest in something, in words."""

import math
from types import SimpleNamespace

from workflow.parts.figure_style import named, of_last_layers
from workflow.parts.numbers import ROUNDING, fixed, leaves_zero_out, with_interval
from workflow.parts.wording import MOST, listed


def told(rows, digits):
    """The value of a network with its interval; of replicates their mean and range."""
    if len(rows) == 1:
        return with_interval(next(rows.itertuples()), digits)
    low, mean, high = (fixed(end, digits) for end in (rows["value"].min(), rows["value"].mean(), rows["value"].max()))
    return f"{mean} ({low} to {high}, {len(rows)} networks)"


def by_network(own):
    """Rows of one data set, replicates together: network -> rows; a network alone keeps its full name."""
    return {rows["model"].iloc[0] if len(rows) == 1 else name: rows for name, rows in own.groupby("group", sort=False)}


def named_at(last):
    """Rows of last layers with networks' names, and their layers', which say the stream, where these are not all called alike.

    Controls have layers of their own kinds, and always say which it is.
    """
    control = last["training"].eq("control")
    unlike = last.loc[last["value"].notna() & ~control, "layer"].nunique() > 1
    layer = (" at " + last["layer"]).where(control | unlike, "")
    table = named(last.assign(stream=None) if unlike else last)
    return table.assign(model=table["model"] + layer, group=table["group"] + layer, stream=last["stream"])


def ends(rows):
    """Lowest and highest that a network, or the range of its replicates, may be."""
    return (rows["low"].iloc[0], rows["high"].iloc[0]) if len(rows) == 1 else (rows["value"].min(), rows["value"].max())


def gap(high, low, differences):
    """The difference of two networks' rows, value with interval, from table `differences`; None where it does not have it."""
    if differences is None or len(high) > 1 or len(low) > 1:
        return None
    sides = [(rows["network"].iloc[0], rows["stream"].fillna("").iloc[0]) for rows in (high, low)]
    found = differences[differences["comparison"] == "networks"].fillna({"stream_a": "", "stream_b": ""})
    for row in found.dropna(subset=["low"]).itertuples():
        pair = [(row.model_a, row.stream_a), (row.model_b, row.stream_b)]
        if pair == sides:
            return SimpleNamespace(value=row.value, low=row.low, high=row.high)
        if pair == sides[::-1]:
            return SimpleNamespace(value=-row.value, low=-row.high, high=-row.low)
    return None


def extremes(own, digits, differences=None):
    """Which networks' rows are highest and lowest, and whether they differ; None where no row has a value.

    Where their intervals meet, their difference decides, if `differences` has it: over the same videos its interval is narrower.

    Only trained networks are compared, where there are none untrained ones; controls, whose answer is known, stand in brackets.
    """
    known = own.dropna(subset=["value"])
    rank = known["training"].map({"untrained": 1, "control": 2}).fillna(0)
    networks = by_network(known[rank == rank.min()])
    order = sorted(networks, key=lambda name: networks[name]["value"].mean())
    if not order:
        return None
    low, high = order[0], order[-1]
    alike = {told(rows, digits) for rows in networks.values()}
    controls = [f"{name} {told(rows, digits)}" for name, rows in by_network(known[(rank == 2) & (rank > rank.min())]).items()]
    beside = f" (for comparison: {', '.join(controls)})" if controls else ""
    if low == high:
        return f"is {told(networks[high], digits)} in {high}{beside}"
    if len(alike) == 1:
        return f"is {alike.pop()} in each of {listed(networks)}{beside}"
    least, most = f"{low}, {told(networks[low], digits)}", f"{high}, {told(networks[high], digits)}"
    between = f"lies between that of {least}, and that of {most}"
    if len(networks) == 2:
        between = f"is {told(networks[low], digits)} in {low} and {told(networks[high], digits)} in {high}"
    if not ends(networks[high])[0] <= ends(networks[low])[1]:  # also where there are no intervals
        return f"is highest in {most}, and lowest in {least}{beside}"
    apart = gap(networks[high], networks[low], differences)
    if apart is None:
        return f"{between}, whose intervals overlap{beside}"
    if leaves_zero_out(apart.low, apart.high):
        return f"is highest in {most}, and lowest in {least}, a difference of {with_interval(apart, digits)}{beside}"
    shown = max(digits, 1 - math.floor(math.log10(max(abs(apart.low), abs(apart.high), ROUNDING))))  # two of its wider end at least
    return f"{between}; they may be equal: the difference is {with_interval(apart, shown)}{beside}"


def extreme_sentence(scores, lead, quantity, factor, digits, differences=None, remark=lambda rows: ""):
    """One sentence on the last layers' extremes, a clause per data set and metric; None where the scores have no such number.

    remark: what to add to the clause on some rows.
    """
    chosen = of_last_layers(scores[(scores["quantity"] == quantity) & (scores["factor"] == factor)])
    several = chosen["metric"].nunique() > 1
    found = []
    for (dataset, metric), own in chosen.groupby(["dataset", "metric"], sort=False):
        about, paired = {"dataset": dataset, "metric": metric, "quantity": quantity, "factor": factor}, differences
        if paired is not None:
            paired = paired[(paired[list(about)] == list(about.values())).all(axis=1)]
        where = f"{dataset}, by {metric}," if several else dataset
        found.append((where, extremes(named_at(own).assign(network=own["model"]), digits, paired), remark(own)))
    clauses = [f"on {where} it {clause}{added}" for where, clause, added in found if clause]
    rest = f"; on {len(clauses) - MOST} more data sets or metrics as the tables say" if len(clauses) > MOST else ""
    return f"{lead}: {'; '.join(clauses[:MOST])}{rest}." if clauses else None
