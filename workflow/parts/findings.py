"""What an experiment asked and what came out, in sentences generated from the numbers."""

from functools import partial

from workflow.parts.extremes import extreme_sentence
from workflow.parts.figure_style import named
from workflow.parts.numbers import span
from workflow.parts.share_notes import hardly_ordered
from workflow.parts.wording import MOST, listed


def asked(scores, n_claims=0, shown=None):
    """What was asked, one sentence per data set and one about claims: a list; shown: as for `basis`."""
    whole = named(scores[scores["unit"].isna()].assign(stream=None))  # a network of two streams is one network
    sentences = []
    for dataset, own in whole.groupby("dataset", sort=False):
        models = own["model"].str.split("\n").str[0].unique()
        networks = f"do {len(models)} networks ({listed(models)})" if len(models) > 1 else f"does {listed(models)}"
        n_videos = own["n_videos"].max() if shown is None else shown[dataset]
        change = ", ".join(dict.fromkeys(own["perturbation"].dropna())) or "nothing"
        sentences.append(
            f"What {networks} encode of the {n_videos} videos of {dataset}, when dynamics are changed by {change}, "
            f"as measured by {listed(own['metric'])}?"
        )
    if n_claims:
        sentences.append(
            f"Do the {n_claims} claims of the config hold?" if n_claims > 1 else "Does the one claim of the config hold?"
        )
    return sentences


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


def basis(whole, confidence, shown=None):
    """What all numbers rest on, by the scores of whole layers; shown: data set -> videos that networks were shown clips of."""
    several, counted = whole["dataset"].nunique() > 1, []
    for dataset, own in whole.groupby("dataset", sort=False):
        few, many = own["n_videos"].min(), own["n_videos"].max()
        n_shown = many if shown is None else shown[dataset]
        count = span(own["n_videos"], 0)
        clause = f"{count} of {n_shown} videos" if few < n_shown else f"{count} videos"
        clause += f" of {dataset}" * several
        # What is left out for its order every metric lacks; beyond that one may choose.
        most = own.groupby("model")["n_videos"].transform("max")
        if own.loc[most < n_shown, "n_crossings_left_out"].gt(0).any():
            clause += " (fewer where the order that a network was shown came too near the natural one, or a metric cannot use them)"
        counted.append(clause)
    brackets = f"; brackets are {100 * confidence:g} % intervals over videos, for these styles"
    return f"All numbers rest on {listed(counted)}{brackets if whole['low'].notna().any() else ''}."


def floor_of_percent(own, hardly):
    """What those have in percent, by rows of last layers, whose last layers hardly depend on order: a clause, or ""."""
    blind = own[[(row.dataset, row.model) in hardly for row in own.itertuples()]].dropna(subset=["value"])
    if blind.empty:
        return ""
    names = listed(named(blind)["model"])
    return f", which by itself is no sign of dynamics: what hardly depends on order ({names}) has {span(blind['value'], 1)}"


def findings(scores, confidence=0.95, claims=None, differences=None, shown=None):
    """The answer in at most three sentences: what became of claims, which networks stand out, what all rests on.

    differences: that table, of the same perturbation, where there is one; shown: as for `basis`.
    """
    whole = scores[scores["unit"].isna()]
    percent = whole[whole["quantity"] == "percent"]
    first = percent[percent["metric"] == percent.groupby(["dataset", "model"])["metric"].transform("first")]
    lead = f"The percentage of dynamic information in the last layer, by {listed(first['metric'])}"
    order = "frame order or flow" if whole["perturbation"].str.startswith("flow").any() else "frame order"
    share = f"The share of the last layer's variance that depends on {order}"
    sentences = [
        claims_sentence(claims) if claims is not None and len(claims) else None,
        extreme_sentence(whole, share, "share", "order_dependence", 3, differences),
        extreme_sentence(
            first, lead, "percent", "dynamic", 1, differences, partial(floor_of_percent, hardly=hardly_ordered(whole))
        ),
    ]
    if whole.empty:
        return ["There are no scores."]
    return [*[sentence for sentence in sentences if sentence][:2], basis(whole, confidence, shown)]
