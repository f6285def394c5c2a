"""An experiment made of invented numbers, with every file that its report is written from: no network is run."""

import io
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np

from workflow.lib.features import KEYS, write_features
from workflow.lib.plugins import ROOT
from workflow.lib.tables import write_table

ORDER_DEPENDENCE = {"blind": -0.0002, "wavering": 0.21, "keen": 0.875, "plain-1": 0.1, "plain-2": 0.3, "second": 0.02}
CONFIG = {
    "experiment": "made",
    "seed": 7,
    "scores": {"confidence": 0.95},
    "styles": {},
    "models": {name: {} for name in ORDER_DEPENDENCE},
}
CONFIG["models"]["keen"] = {"seed": 11}


def score_rows(orders=ORDER_DEPENDENCE, dataset="shapes", width=0.05):
    """Rows of table `scores`: two layers of each network, the last of which depends on order as told; percent follows it."""
    rows = []
    for model, value in orders.items():
        about = {"dataset": dataset, "model": model, "training": "untrained" if model == "blind" else "motion, 9 steps"}
        about |= {"n_units": 2, "n_dead": 0, "n_pairs": 8, "n_videos": 12, "n_crossings_left_out": 0, "perturbation": "shuffle"}
        for depth, layer in enumerate(("first", "last")):
            for metric, quantity, factor, at in (
                ("pearson", "percent", "dynamic", 20 + 10 * value),
                ("pearson", "percent", "static", 30.0),
                ("pearson", "S", "static", 0.9),
                ("shares", "share", "order_dependence", value),
                ("shares", "share", "content", 0.5),
            ):
                at = at if layer == "last" else 0.4
                row = {"metric": metric, "quantity": quantity, "factor": factor, "layer": layer, "depth": depth, "value": at}
                rows.append(about | row | {"low": at - width, "high": at + width})
            for unit, (static, dynamic) in enumerate(((0.9, 0.1), (0.8, 0.7))):
                own = about | {"metric": "pearson", "quantity": "S", "layer": layer, "depth": depth, "unit": unit}
                rows += [own | {"factor": "static", "value": static}, own | {"factor": "dynamic", "value": dynamic}]
    return rows


def claim_rows():
    """One claim of each verdict."""
    base = {"measure": "accuracy top1", "dataset": "shapes", "expect": "more", "n_networks": 2, "n_videos": 12}
    values = {"holds": 0.3, "undecided": 0.0, "contradicted": -0.4}
    return [
        base | {"claim": f"this one is {verdict}", "value": value, "low": value - 0.1, "high": value + 0.1, "verdict": verdict}
        for verdict, value in values.items()
    ]


def model_rows(models=ORDER_DEPENDENCE):
    """Rows of table `models`, two layers each."""
    about = {"training": "motion, 9 steps", "gflop": 0.5, "frames": 8, "stride": "2", "sampling": "trained"}
    return [
        about
        | {
            "model": model,
            "parameters": 9 + 45 * i,
            "weights_sha256": f"{i:064x}",
            "trained_on": "Abacus 9" if model == "keen" else None,
            "layer": layer,
            "depth": depth,
            "units": 2,
            "module": layer,
        }
        for i, model in enumerate(models)
        for depth, layer in enumerate(("first", "last"))
    ]


def unit_rows():
    """Rows of table `units`: two clips that drive the most dynamic unit of a layer of two networks."""
    about = {"dataset": "shapes", "metric": "pearson", "layer": "last", "depth": 1, "class": "dynamic", "unit": 1}
    about |= {"static": 0.1, "dynamic": 0.9}
    return [
        about | {"model": model, "rank": rank, "clip": clip} for model in ("keen", "blind") for rank, clip in ((2, "b"), (1, "a"))
    ]


def preview_rows():
    """Rows of table `previews`: two grey clips of 8 moments, of 6 x 4 pixels each."""
    jpeg = io.BytesIO()
    plt.imsave(jpeg, np.full((4, 48, 3), 90, np.uint8), format="jpeg")
    about = {"width": 6, "height": 4, "moments": 8, "jpeg": jpeg.getvalue()}
    return [about | {"clip": clip, "video": clip, "label": label} for clip, label in (("b", None), ("a", "left"))]


def write_inputs(folder):
    """Write what a report is written from; the rule's inputs as they are given to the script."""
    tables = {"scores": score_rows(), "models": model_rows(), "claims": claim_rows(), "quality": [], "rejected": []}
    tables |= {"units": unit_rows(), "previews": preview_rows()}
    tables["quality"] = [
        {
            "style": "oil",
            "quantity": "warp_ratio",
            "value": 3.0,
            "bound": 2.5,
            "warning": "oil flickers: more `iterations`",
            "n_clips": 4,
        }
    ]
    tables["clips"] = [{"clip": c, "video": c, "label": "left", "sha256": c * 64} for c in "ab"]
    tables["rejected"] = [{"video": "<b>.mp4", "reason": "too short: 3 frames"}]
    paths = {name: folder / f"{name}.parquet" for name in tables}
    for name, path in paths.items():
        write_table(path, name, tables[name])
    for name in ("scatter.png", "scatter.svg", "gallery_shapes.png"):
        figure, axes = plt.subplots(figsize=(6.875, 2))
        axes.plot([0, 1])
        figure.savefig(folder / name, dpi=300)
        plt.close(figure)
    benchmark = folder / "benchmarks/dump_features/shapes/keen/000.tsv"
    benchmark.parent.mkdir(parents=True)
    benchmark.write_text("s\tmax_rss\n2.5\t300.0\n")
    keys = {key: [] for key in KEYS}
    about = {"weights_sha256": "0", "software": {"torch": "2.99"}, "device": "Abacus 12"}
    write_features(folder / "dump.parquet", keys, {"last": np.empty((0, 2))}, about)
    lists = {"plots": ["scatter.png"], "svgs": ["scatter.svg"], "galleries": ["gallery_shapes.png"], "features": ["dump.parquet"]}
    files = {name: [folder / file for file in own] for name, own in lists.items()}
    files |= {"benchmarks": [benchmark], "flow": [], "accuracy": [], "segmentation": [], "published": []}
    files |= {name: [paths[name]] for name in ("models", "quality", "units", "previews")}
    files |= {name: [paths[name], paths[name]] for name in ("rejected", "clips")}  # of `shapes` and of `lessons`, only learned from
    files |= {name: paths[name] for name in ("scores", "claims")}
    report = ROOT / "workflow/report"
    return Inputs(**files, template=report / "report.html.j2", style=report / "report.css", code=report / "report.js")


class Inputs(SimpleNamespace):
    """Named inputs, by attribute and by key, as Snakemake gives them."""

    def __getitem__(self, name):
        return vars(self)[name]

    def get(self, name, default=None):
        return vars(self).get(name, default)
