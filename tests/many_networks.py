"""Invented tables of an experiment with any number of networks, seeded, for the figures that are drawn of them."""

from itertools import combinations, product

import numpy as np
import pandas as pd

from workflow.lib.published import read_published

ARCHITECTURES = {"c2d": 5, "slowfast": 5, "timesformer": 12, "x3d": 5}  # and their number of layers
PERTURBATIONS = ["shuffle", "block_shuffle(window=2)", "block_shuffle(window=4)"]
UNITS = ["dynamic", "joint", "static", "residual", "dead"]
SHARES = ["dynamics", "interaction", "appearance", "content", "order_dependence"]


def networks(n):
    """Names of n networks: first other architectures and data, then other seeds of the same."""
    names = [f"{a}-{data}-{seed}" for seed, data, a in product((1, 2, 3), ("motion", "biased-shuffled", "scene"), ARCHITECTURES)]
    return names[:n]


def layers_of(model):
    """(stream or None, layer, depth) of every layer of a network."""
    architecture = model.split("-")[0]
    stem, streams = ("block", [None]) if architecture == "timesformer" else ("res", [None])
    streams = ["slow", "fast"] if architecture == "slowfast" else streams
    count = range(ARCHITECTURES[architecture])
    listed = [
        (stream, f"{stream}_res{i + 1}" if stream else f"{stem}{i + 1:02}" if stem == "block" else f"res{i + 1}")
        for stream in streams
        for i in count
    ]
    return [(stream, layer, depth) for depth, (stream, layer) in enumerate(listed)]


def scores(n, seed=0):
    """Rows of the score table, whole layers only, of two metrics and of shares."""
    rng, rows = np.random.default_rng(seed), []
    for model in networks(n):
        for stream, layer, depth in layers_of(model):
            about = {"dataset": "known-probe", "model": model, "training": "motion, 1000 steps", "layer": layer, "depth": depth}
            about |= {"stream": stream, "unit": None, "perturbation": "shuffle", "n_units": 16 * 2 ** (depth % 5), "n_videos": 160}
            about |= {"derived_from": None, "derivation": None, "checkpoint_of": None, "step": None}
            for metric in ("pearson", "ratio"):
                drawn = dict(zip(("dynamic", "static", "identical"), rng.uniform(-0.1, 1, 3), strict=True))
                rows += [
                    about | spread(rng, value, 0.1) | {"metric": metric, "quantity": "S", "factor": f} for f, value in drawn.items()
                ]
                weights = 100 * np.exp(list(drawn.values())) / np.exp(list(drawn.values())).sum()
                for factor, value in zip(drawn, weights, strict=True):
                    rows.append(about | spread(rng, value, 3) | {"metric": metric, "quantity": "percent", "factor": factor})
                for factor, value in zip(UNITS, 100 * rng.dirichlet(np.ones(5)), strict=True):
                    rows.append(about | spread(rng, value, 5) | {"metric": metric, "quantity": "units", "factor": factor})
            for factor, value in zip(SHARES, rng.normal(0.25, 0.2, 5), strict=True):
                rows.append(about | spread(rng, value, 0.05) | {"metric": "shares", "quantity": "share", "factor": factor})
    return pd.DataFrame(rows)


def spread(rng, value, reach):
    """A value and an interval around it."""
    below, above = rng.uniform(0.3, 1, 2) * reach
    return {"value": value, "low": value - below, "high": value + above}


def differences(n):
    """Rows of table `differences`: all pairs of last layers; those of X3D and another rest on other crossings."""
    rng, rows = np.random.default_rng(n), []
    ends = {(model, stream): layer for model in networks(n) for stream, layer, _ in layers_of(model)}
    ends = [(*names, layer) for names, layer in ends.items()]
    for metric, quantity, factors in (
        ("pearson", "percent", ("dynamic", "static")),
        ("shares", "share", ("dynamics", "appearance", "order_dependence")),
    ):
        for (a, stream_a, layer_a), (b, stream_b, layer_b) in combinations(ends, 2):
            row = {"dataset": "known-probe", "metric": metric, "quantity": quantity, "comparison": "networks", "reason": None}
            row |= {"model_a": a, "model_b": b, "stream_a": stream_a, "stream_b": stream_b, "layer_a": layer_a, "layer_b": layer_b}
            row |= {"training_a": "motion", "training_b": "motion"}
            row["same_crossings"] = a.startswith("x3d") == b.startswith("x3d")
            rows += [row | {"factor": factor} | spread(rng, rng.normal(), 0.3) for factor in factors]
    return pd.DataFrame(rows)


def training_curves(n):
    """Rows of table `training_curve`; names with `shuffled` have a twin without it."""
    rng, rows = np.random.default_rng(n), []
    names = [name for model in networks(n) for name in {model.replace("-shuffled", ""), model}]
    for model, step, split in product(sorted(set(names)), (0, 500, 1000), ("train", "val")):
        about = {"model": model, "dataset": "known-motion", "step": step, "split": split, "n_videos": 240}
        rows += [about | {"quantity": quantity, "value": rng.uniform(0.1, 1)} for quantity in ("loss", "top1", "J")]
    return pd.DataFrame(rows)


def claims(n):
    """Rows of table `claims`."""
    rng, says = (
        np.random.default_rng(n),
        "FastOnly and SlowFast are more dynamic than C2D and SlowOnly, all trained on motion: more depends on order",
    )
    verdicts = ["holds", "fits", "undecided", "contradicted"]
    return pd.DataFrame(
        {
            "claim": f"{i}: {says[: 20 + 7 * i % 90]}",
            "measure": f"learned top1 {i % 3}",
            "expect": "equal" if i % 4 == 1 else "more",
        }
        | {"verdict": verdicts[i % 4]}
        | spread(rng, rng.normal(), 0.3)
        for i in range(n)
    )


def centre_bias(n):
    """Rows of table `centre_bias` of some data sets."""
    rng = np.random.default_rng(n)
    about = {"height": 8, "width": 12, "n_videos": 160, "n_frames": 640, "n_empty": 12}
    drawn = [spread(rng, 0.4, 0.02) | about | {"map": rng.uniform(size=96)} for _ in range(min(n, 6))]
    return pd.DataFrame(row | {"dataset": f"seg-centred-{i}", "spread": row["value"]} for i, row in enumerate(drawn))


def published(n):
    """Rows of table `published`: n published cases, every second with ours."""
    rng, table = np.random.default_rng(n), pd.DataFrame(read_published())
    cases = table[["figure", "network", "trained_on", "layer"]].drop_duplicates().iloc[:n]
    table = table.merge(cases).rename(columns={"value": "published", "layer": "published_layer"})
    ours = pd.DataFrame([spread(rng, value, 3) for value in table["published"]]).where(
        table.index.to_series().lt(len(table) / 2), axis=0
    )
    return table.join(ours).assign(metric=ours["value"].notna().map({True: "pearson", False: None}))


def table_of(plot, n):
    """A table as `plot` reads it, of n networks (or claims, data sets, published cases)."""
    made = {"differences": differences, "learned": training_curves, "training_curves": training_curves, "claims": claims}
    made |= {"shuffled_training": training_curves, "centre_bias": centre_bias, "published": published}
    if plot in made:
        return made[plot](n)
    table = scores(n)
    if plot == "stability":
        steps = [(count, (160 / count) ** 0.5) for count in (10, 20, 40, 80, 160)]
        return pd.concat(
            [table.assign(n_videos=count, low=table["low"] * wide, high=table["high"] * wide) for count, wide in steps]
        )
    if plot == "lambda_sweep":
        units = table[table["quantity"] == "units"]
        return pd.concat([units.assign(**{"lambda": threshold}) for threshold in (-0.5, 0.0, 0.5, 0.95)])
    if plot == "dose_response":
        return pd.concat([table.assign(perturbation=name) for name in PERTURBATIONS])
    if plot == "over_training":
        steps = [
            table.assign(step=step, model=table["model"] + f"@{step}", checkpoint_of=table["model"]) for step in (0, 200, 1000)
        ]
        return pd.concat(steps)
    if plot == "sampling_sweep":
        own, shapes = table[table["model"] == "c2d-motion-1"], list(product((4, 8, 16), ("1", "2", "4", "8", "16")))
        names = [(f"slowonly-trained-{frames}x{stride}", frames, stride) for frames, stride in shapes[:n]]
        return pd.concat([own.assign(model=name, frames=frames, stride=stride) for name, frames, stride in names])
    if plot == "floors_and_ceilings":
        twins = table.assign(model=table["model"] + "-twin", derived_from=table["model"], derivation="c2d_twin")
        return pd.concat([table, twins])
    return table
