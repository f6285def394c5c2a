"""What an experiment asked and what came out, in sentences generated from the numbers."""

from workflow.parts.figure_style import named, of_last_layers
from workflow.parts.numbers import fixed, with_interval
from workflow.parts.report_tables import segmentation_values

FEWEST_VIDEOS = 30  # with which the tests of intervals begin
MOST_APPEARANCE = 0.9
UNLEARNED = ["untrained", "control"]  # trainings of networks that are not to have learned anything
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
    meet = " (their intervals overlap)" if ends(networks[high])[0] <= ends(networks[low])[1] else ""
    return f"is highest in {high}, {told(networks[high], digits)}, and lowest in {low}, {told(networks[low], digits)}{meet}{beside}"


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


def at_chance(accuracy):
    """Which networks' top-1 does not show that they have learned their labels: a sentence per data set."""
    top1 = accuracy[accuracy["quantity"].eq("top1") & accuracy["style"].eq("original") & accuracy["perturbation"].isna()]
    low = top1[(top1["low"] <= top1["chance"]) & ~top1["training"].isin(UNLEARNED)]
    return [
        f"Networks that have not been shown to have learned their labels, for the interval of their top-1 on original clips of "
        f"{dataset} in natural order is not above chance: {', '.join(own['model'])}."
        for dataset, own in low.groupby("dataset", sort=False)
    ]


def segments_at_chance(segmentation, confidence):
    """Which networks' masks do not show that they have learned to segment: a sentence per data set."""
    plain = segmentation[segmentation["style"].eq("original") & segmentation["perturbation"].isna()]
    found = segmentation_values(plain[~plain["training"].isin(UNLEARNED)], confidence)
    low = found[found["low"] <= found["chance"]]  # F has no chance
    return [
        f"Networks that have not been shown to have learned to segment, for the interval of their {quantity} on original clips of "
        f"{dataset} is not above that of a mask of everything ({span(own['chance'], 3)}): {', '.join(own['model'])}."
        for (dataset, quantity), own in low.groupby(["dataset", "quantity"], sort=False)
    ]


def span(values, digits):
    """The least and the most of some numbers, once where they print alike."""
    return " to ".join(dict.fromkeys(fixed(value, digits) for value in (values.min(), values.max())))


def near_zero(scores):
    """Networks none of whose last layers shows, to the digits printed, that it depends on order: a sentence per data set.

    Controls, whose answer is known, are left out; of several streams and perturbations all must meet 0.
    """
    last = last_shares(scores, "order_dependence").query("training != 'control'")
    none = ((last["low"] < 0.0005) & (last["high"] > -0.0005)).groupby([last["dataset"], last["model"]], sort=False).all()
    networks = none[none].index.to_frame().groupby(level=0, sort=False)["model"].unique()
    said = "the intervals of these networks' order-dependence meet 0.000, so that to these digits none can be told"
    return [f"On {dataset} {said}: {listed(models)}." for dataset, models in networks.items()]


def last_shares(scores, factor):
    """Rows of one of the shares of whole last layers."""
    return of_last_layers(scores[scores["unit"].isna() & (scores["quantity"] == "share") & (scores["factor"] == factor)])


def drowned(scores):
    """On which data sets the styles leave next to nothing for what clips show and how they move: a sentence per data set."""
    shares = last_shares(scores, "appearance").query("training != 'control'")  # one of which sees no colours
    least = shares.groupby("dataset", sort=False)["value"].min()
    return [
        f"On {dataset} style makes up over {MOST_APPEARANCE:g} of the variance of every network's last layer (controls aside): "
        "numbers there speak of the styles more than of the networks. The gallery shows why; other styles may keep more of a clip."
        for dataset in least.index[least > MOST_APPEARANCE]
    ]


def notes(scores, accuracy=None, segmentation=None, confidence=0.95):
    """What to know before reading the numbers of the last layers: a list of sentences."""
    sentences = []
    if (scores["quantity"] == "percent").any():
        sentences.append("Percentages lie between 15.5 and 42.2 where both S are in [0, 1], beyond where one is not (Every layer).")
    if (scores["n_videos"] < FEWEST_VIDEOS).any():
        few = f"Some numbers rest on {scores['n_videos'].min()} videos"
        sentences.append(f"{few}; that their intervals hold what they promise was tested from {FEWEST_VIDEOS} videos on.")
    known = scores[scores["unit"].isna() & scores["value"].notna()]
    has_interval = known["low"].notna().groupby(known["metric"], sort=False).any()
    if has_interval.any() and not has_interval.all():
        without = listed(has_interval.index[~has_interval])
        sentences.append(f"Numbers by {without} have no intervals: they cannot be had of videos drawn anew, some of them twice.")
    sentences += drowned(scores) + near_zero(scores)
    labels = dict.fromkeys(named(scores[scores["unit"].isna()])["model"].str.split("\n").str[0])
    if untrained := [name for name in labels if name.endswith("(untrained)")]:
        sentences.append(f"Networks with random weights, which say nothing about trained ones: {', '.join(untrained)}.")
    for precision, own in scores.groupby("precision"):
        if " and " in precision:
            names = (own["model"] + " on " + own["dataset"]).unique()
            sentences.append(f"Computed in {precision}, each shard in what came out right: {', '.join(names)}.")
    sentences += at_chance(accuracy) if accuracy is not None else []
    return sentences + (segments_at_chance(segmentation, confidence) if segmentation is not None else [])
