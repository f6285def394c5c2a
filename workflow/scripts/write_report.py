"""Write an experiment's report: one self-contained HTML file."""

import base64
import importlib.metadata
import inspect
import json
import platform
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd

from workflow.lib.files import atomic
from workflow.lib.job import job
from workflow.lib.plugins import load_plugin
from workflow.lib.tables import concat_tables, read_table
from workflow.parts.figure_style import named
from workflow.parts.findings import findings, with_interval
from workflow.parts.pair_selection import of_main_perturbation
from workflow.parts.published import published_table
from workflow.parts.rejections import LISTED, summary
from workflow.parts.video_means import mean_over_videos

GALLERY = "One clip in every style and every order: what the networks see."
PACKAGES = ["snakemake", "numpy", "pandas", "pyarrow", "seaborn"]


def embedded(path):
    """A PNG as a data URL."""
    return "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode()


def html_table(frame):
    """A DataFrame as an HTML table without styling of its own."""
    return frame.to_html(index=False, border=0, na_rep="", float_format="{:.3g}".format)


def layer_table(scores):
    """What every layer scores, with intervals where there are any, one row per layer and metric."""
    whole = named(scores[scores["unit"].isna() & scores["quantity"].ne("units") & scores["factor"].ne("identical")])
    digits = whole["quantity"].map({"percent": 1}).fillna(3).astype(int)
    cells = [with_interval(row, n) for row, n in zip(whole.itertuples(), digits, strict=True)]
    about = ["n_units", "n_dead", "n_pairs", "n_videos", "n_crossings_left_out"]
    keys = ["dataset", "model", "metric", "depth", "layer"]
    column = np.where(whole["quantity"] == "share", whole["factor"], whole["quantity"] + " " + whole["factor"])
    wide = whole.assign(cell=cells, column=column).pivot(index=keys, columns="column", values="cell").fillna("")
    counts = whole.groupby(keys)[about].min()
    return wide.join(counts).reset_index().sort_values(["dataset", "metric", "model", "depth"]).drop(columns="depth")


def accuracy_table(accuracy):
    """Accuracy in percent with its interval, one row per network, style and order."""
    percent = accuracy.assign(**{column: accuracy[column] * 100 for column in ("value", "low", "high")})
    cells = ["no known label" if np.isnan(row.value) else with_interval(row, 1) for row in percent.itertuples()]
    columns = {"order": accuracy["perturbation"].fillna("natural"), "right %": cells, "chance %": accuracy["chance"] * 100}
    shown = [
        "dataset",
        "model",
        "training",
        "style",
        "quantity",
        *columns,
        "n_clips",
        "n_videos",
        "n_unlabelled",
        "n_unknown",
        "unknown",
    ]
    return accuracy.assign(**columns)[shown]


def segmentation_table(segmentation, confidence):
    """Agreement of every network's masks with the annotated ones: mean over videos, its interval, videos nobody could judge."""
    keys, rows = ["dataset", "model", "training", "style", "perturbation", "quantity"], []
    for names, own in segmentation.groupby(keys, sort=False, dropna=False):
        known, cell = own.dropna(subset=["value"]), ""
        if len(known):
            value, low, high = mean_over_videos(known["value"], known["video"], confidence)
            cell = f"{value:.3f}" + ("" if np.isnan(low) else f" [{low:.3f}, {high:.3f}]")
        counts = {"n_videos": len(known), "n_videos_without_mask": len(own) - len(known)}
        rows.append({**dict(zip(keys, names, strict=True)), "mean over videos": cell, **counts})
    return pd.DataFrame(rows).rename(columns={"perturbation": "flow"}).fillna({"flow": "natural"})


def cost_table(paths):
    """Time and peak memory of the feature dumps, one row per data set and network, from Snakemake's benchmark files.

    paths: .../{dataset}/{model}/{shard}.tsv. Times of all shards are added; jobs too short to be measured have no memory.
    """
    tables = [
        pd.read_csv(path, sep="\t", na_values="-").assign(dataset=Path(path).parts[-3], model=Path(path).parts[-2])
        for path in paths
    ]
    if not tables:
        return None
    groups = pd.concat(tables).groupby(["dataset", "model"], sort=False)
    return groups.agg(**{"seconds": ("s", "sum"), "peak memory, MB": ("max_rss", "max"), "jobs": ("s", "size")}).reset_index()


def claims_table(claims):
    """Claims with the differences they rest on and what became of them."""
    cells = [with_interval(row, 3) for row in claims.itertuples()]
    shown = ["claim", "dataset", "expect", "difference", "paired", "agree", "n_networks", "n_videos", "verdict"]
    return claims.assign(difference=cells)[shown]


def write_report(template, scores, models, quality, rejected, figures, config, tables):
    """The report as a string of HTML; figures: title -> (PNG file, caption); tables: section -> table, None where there is none."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    return environment.from_string(Path(template).read_text()).render(
        experiment=config["experiment"],
        findings=findings(scores, config["scores"]["confidence"]),
        figures={title: (embedded(path), caption) for title, (path, caption) in figures.items()},
        layers=html_table(layer_table(scores)),
        models=html_table(models),
        **{section: "" if table is None else html_table(table) for section, table in tables.items()},
        quality=html_table(quality),
        warnings=(quality["dataset"] + ", " + quality["warning"]).dropna().tolist(),
        rejected=html_table(rejected.head(LISTED)) if len(rejected) else "",
        rejected_summary=list(summary(rejected)),
        config=json.dumps(config, indent=2, ensure_ascii=False),
        versions={"python": platform.python_version(), **versions},
    )


SECTIONS = {"claims": claims_table, "accuracy": accuracy_table, "published": published_table}


def sections(files, confidence):
    """Tables of the report that not every experiment has: section -> table, None where there is none."""
    tables = {name: show(read_table(files[name], name)) if files.get(name) else None for name, show in SECTIONS.items()}
    masks = read_table(files.segmentation, "segmentation") if files.get("segmentation") else None
    tables["segmentation"] = None if masks is None else segmentation_table(masks, confidence)
    tables["flow"] = concat_tables(files.flow, "flow_errors") if files.flow else None
    return tables | {"costs": cost_table(files.get("benchmarks", []))}


def caption_of(plot):
    """A figure's caption: what its plug-in says of itself."""
    module = load_plugin("plots", plot)
    return f"{inspect.getdoc(module)} {inspect.getdoc(module.draw)}"


def of_datasets(paths, datasets, name):
    """One table of several data sets, with a column saying which."""
    tables = [read_table(path, name).assign(dataset=dataset) for path, dataset in zip(paths, datasets, strict=True)]
    return pd.concat(tables)


if __name__ == "__main__":
    with job(snakemake):
        files, datasets = snakemake.input, snakemake.params.datasets
        figures = {Path(path).stem.replace("_", " "): (path, caption_of(Path(path).stem)) for path in files.plots}
        figures |= {Path(path).stem.replace("_", " "): (path, GALLERY) for path in files.galleries}
        quality, rejected = (of_datasets(files[name], datasets, name) for name in ("quality", "rejected"))
        scores, models = of_main_perturbation(read_table(files.scores, "scores")), concat_tables(files.models, "models")
        tables = sections(files, snakemake.params.config["scores"]["confidence"])
        html = write_report(files.template, scores, models, quality, rejected, figures, snakemake.params.config, tables)
        with atomic(snakemake.output.report) as temporary:
            temporary.write_text(html)
