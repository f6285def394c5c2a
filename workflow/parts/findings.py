"""What an experiment asked and what came out, in sentences generated from the numbers."""

from workflow.parts.figure_style import named, of_last_layers
from workflow.parts.numbers import fixed, with_interval

MOST = 3  # data sets, networks or claims that a sentence names


def listed(names):
    """Names as a sentence has them, the first few where they are many."""
    names = list(dict.fromkeys(names))
    return ", ".join(names) if len(names) <= 2 * MOST else f"{', '.join(names[:MOST])} and {len(names) - MOST} more"


def asked(scores, n_claims=0):
    """What was asked, one sentence per data set and one about claims: a list."""
    whole = named(scores[scores["unit"].isna()].assign(stream=None))  # a network of two streams is one network
    sentences = []
    for dataset, own in whole.groupby("dataset", sort=False):
        models = own["model"].str.split("\n").str[0].unique()
        networks = f"do {len(models)} networks ({listed(models)})" if len(models) > 1 else f"does {listed(models)}"
        change = ", ".join(dict.fromkeys(own["perturbation"].dropna())) or "nothing"
        sentences.append(
            f"What {networks} encode of the {own['n_videos'].max()} videos of {dataset}, when dynamics are changed by {change}, "
            f"as measured by {listed(own['metric'])}?"
        )
    if n_claims:
        sentences.append(
            f"Do the {n_claims} claims of the config hold?" if n_claims > 1 else "Does the one claim of the config hold?"
        )
    return sentences


def told(rows, digits):
    """The value of a network with its interval; of replicates their mean and range."""
    if len(rows) == 1:
        return with_interval(next(rows.itertuples()), digits)
    low, mean, high = (fixed(end, digits) for end in (rows["value"].min(), rows["value"].mean(), rows["value"].max()))
    return f"{mean} ({low} to {high}, {len(rows)} networks)"


def by_network(own):
    """Rows of one data set, replicates together: network -> rows; a network alone keeps its full name."""
    return {rows["model"].iloc[0] if len(rows) == 1 else name: rows for name, rows in own.groupby("group", sort=False)}


def ends(rows):
    """Lowest and highest that a network, or the range of its replicates, may be."""
    return (rows["low"].iloc[0], rows["high"].iloc[0]) if len(rows) == 1 else (rows["value"].min(), rows["value"].max())


def extremes(own, digits):
    """Which networks' rows are highest and lowest, and whether their intervals meet; None where no row has a value.

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
    if ends(networks[high])[0] <= ends(networks[low])[1]:
        return f"lies between that of {least}, and that of {most}, whose intervals overlap{beside}"
    return f"is highest in {most}, and lowest in {least}{beside}"


def extreme_sentence(scores, lead, quantity, factor, digits):
    """One sentence on the last layers' extremes, a clause per data set and metric; None where the scores have no such number."""
    chosen = of_last_layers(scores[(scores["quantity"] == quantity) & (scores["factor"] == factor)])
    several = chosen["metric"].nunique() > 1
    groups = chosen.groupby(["dataset", "metric"], sort=False)
    found = [
        (f"{dataset}, by {metric}," if several else dataset, extremes(named(own), digits)) for (dataset, metric), own in groups
    ]
    clauses = [f"on {where} it {clause}" for where, clause in found if clause]
    rest = f"; on {len(clauses) - MOST} more data sets or metrics as the tables say" if len(clauses) > MOST else ""
    return f"{lead}: {'; '.join(clauses[:MOST])}{rest}." if clauses else None


def claims_sentence(claims):
    """How many claims came out as they were made, and the first of those that did not."""
    against = list(claims.loc[claims["verdict"] == "contradicted", "claim"])
    counts = {
        "came out as claimed": claims["verdict"].isin(["holds", "fits"]).sum(),
        "remained undecided": (claims["verdict"] == "undecided").sum(),
        "came out the other way": len(against),
    }
    named_ = f" ({'; '.join(against[:MOST])}{'; ...' if len(against) > MOST else ''})" if against else ""
    claimed = f"Of {len(claims)} claims of the config" if len(claims) > 1 else "Of the one claim of the config"
    return f"{claimed}, {', '.join(f'{n} {what}' for what, n in counts.items() if n)}{named_}."


def findings(scores, confidence=0.95, claims=None):
    """The answer in at most three sentences: what became of claims, which networks stand out, what all rests on."""
    whole = scores[scores["unit"].isna()]
    percent = whole[whole["quantity"] == "percent"]
    first = percent[percent["metric"] == percent.groupby(["dataset", "model"])["metric"].transform("first")]
    lead = f"The percentage of dynamic information in the last layer, by {listed(first['metric'])}"
    order = "frame order or flow" if whole["perturbation"].str.startswith("flow").any() else "frame order"
    share = f"The share of the last layer's variance that depends on {order}"
    sentences = [
        claims_sentence(claims) if claims is not None and len(claims) else None,
        extreme_sentence(whole, share, "share", "order_dependence", 3),
        extreme_sentence(first, lead, "percent", "dynamic", 1),
    ]
    brackets = f"; brackets are {100 * confidence:g} % intervals over videos" if whole["low"].notna().any() else ""
    basis = f"All numbers rest on at least {whole['n_videos'].min()} videos{brackets}." if len(whole) else "There are no scores."
    return [*[sentence for sentence in sentences if sentence][:2], basis]
