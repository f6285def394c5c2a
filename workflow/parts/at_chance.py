"""Which networks have not been shown to have learned what they were to, in words."""

from workflow.parts.numbers import span
from workflow.parts.report_tables import segmentation_values

UNLEARNED = ["untrained", "control"]  # trainings of networks that are not to have learned anything


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
