"""Networks whose layers are made into units in different ways, in words."""

from workflow.parts.wording import listed


def pooled_apart(dataset, models):
    """That some of the networks shown a data set are read in class tokens or frame by frame and others not: one sentence or none.

    models: their rows of that table; `mean` and `patches` are alike: of most layers they are the same, of others but for the class
    token.
    """
    pooling = models[models["training"] != "control"].groupby("model", sort=False)["pooling"].first()
    if pooling.replace("patches", "mean").nunique() < 2:
        return []
    ways = "; ".join(f"`{way}` of {listed(own.index)}" for way, own in pooling.groupby(pooling, sort=False))
    return [f"On {dataset} layers are not pooled alike, which by itself can make numbers differ: {ways}."]
