"""What an experiment's scores say, in sentences generated from the numbers."""

from workflow.parts.figure_style import named, of_last_layers, replicate_groups


def with_interval(row, digits=1):
    """A value and its interval in brackets, where it has one."""
    ends = f" [{row.low:.{digits}f}, {row.high:.{digits}f}]" if row.low == row.low else ""
    return f"{row.value:.{digits}f}{ends}"


def last_layers(scores, quantity, factors):
    """Rows of every network's last layer, networks named in full."""
    chosen = (scores["quantity"] == quantity) & scores["factor"].isin(factors) & scores["unit"].isna()
    return named(of_last_layers(scores[chosen]))


def told(rows, digits):
    """The value of a network with its interval; of replicates their mean and range."""
    if len(rows) == 1:
        return with_interval(next(rows.itertuples()), digits)
    low, mean, high = rows["value"].min(), rows["value"].mean(), rows["value"].max()
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f}, {len(rows)} networks)"


def by_network(own):
    """Rows of one data set and metric, replicates together: network -> rows."""
    return dict(list(own.groupby(replicate_groups(own["model"]), sort=False)))


def percentage_sentences(scores):
    """One sentence per data set and metric, the network that leans most to dynamics first."""
    for (dataset, metric), own in last_layers(scores, "percent", ["dynamic", "static"]).groupby(["dataset", "metric"], sort=False):
        sides = {name: [rows[rows["factor"] == f] for f in ("dynamic", "static")] for name, rows in by_network(own).items()}
        sides = {name: both for name, both in sides.items() if all(map(len, both))}
        lean = {name: dynamic["value"].mean() - static["value"].mean() for name, (dynamic, static) in sides.items()}
        order = sorted(sides, key=lambda name: -lean[name] if lean[name] == lean[name] else float("inf"))
        lead = ", ".join(f"{name} {' / '.join(told(rows, 1) for rows in sides[name])}" for name in order)
        yield f"On {dataset}, the last layers encode, in percent dynamic / static by {metric}: {lead}."


def share_sentences(scores):
    """One sentence per data set on how much of the variance between clips goes when dynamics are changed."""
    for dataset, own in last_layers(scores, "share", ["order_dependence"]).groupby("dataset", sort=False):
        networks = by_network(own)
        order = sorted(networks, key=lambda name: -networks[name]["value"].mean())
        lead = ", ".join(f"{name} {told(networks[name], 2)}" for name in order)
        what = "the flow's direction and speed" if (own["perturbation"] == "flow_jitter").all() else "frame order"
        yield f"On {dataset}, the share of the last layers' variance that depends on {what} is: {lead}."


def findings(scores, confidence=0.95):
    """A few sentences on the last layer of every network, one list entry each."""
    sentences = [*percentage_sentences(scores), *share_sentences(scores)]
    whole = scores[scores["unit"].isna()]
    n = f"{whole['n_videos'].min()} videos" if len(whole) else "no videos"
    brackets = f"; brackets are {100 * confidence:g} % intervals over videos" if whole["low"].notna().any() else ""
    sentences.append(f"All numbers rest on at least {n}{brackets}.")
    if (whole["quantity"] == "percent").any():
        sentences.append("Percentages of this kind lie between 15.5 and 42.2 wherever both S are in [0, 1].")
    labels = [m for m in dict.fromkeys(named(scores)["model"].str.split("\n").str[0]) if m.endswith("(untrained)")]
    if labels:
        sentences.append(f"Networks with random weights, which say nothing about trained ones: {', '.join(labels)}.")
    trained = scores[scores["checkpoint_of"].notna() & scores["training"].ne("untrained")].drop_duplicates("model")
    if len(trained):
        groups = trained.assign(network=replicate_groups(trained["model"])).drop_duplicates(["network", "training"])
        listed = "; ".join(f"{row.network}: {row.training}" for row in groups.itertuples())
        sentences.append(f"Networks trained by this workflow, and on what: {listed}.")
    return sentences
