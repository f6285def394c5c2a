"""Write an experiment's report: one self-contained HTML file."""

import importlib.metadata
import inspect
import json
import platform
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd

from workflow.lib.features import read_about
from workflow.lib.files import atomic
from workflow.lib.job import job
from workflow.lib.plugins import load_plugin
from workflow.lib.tables import concat_tables, read_table
from workflow.parts.findings import asked, findings
from workflow.parts.last_layers import last_layer_table
from workflow.parts.layer_names import CUT
from workflow.parts.notes import notes
from workflow.parts.numbers import duration
from workflow.parts.pair_selection import of_main_perturbation
from workflow.parts.pipeline_version import pipeline_version
from workflow.parts.published import published_table
from workflow.parts.rejections import LISTED, summary
from workflow.parts.report_html import coded, html_table
from workflow.parts.report_pictures import figures_of, units_of
from workflow.parts.report_tables import (
    accuracy_table,
    claims_table,
    data_table,
    layer_tables,
    network_table,
    segmentation_table,
    weights_table,
)
from workflow.parts.run_time import cost_table, stage_table, timed_jobs, working_time
from workflow.parts.share_notes import drowned
from workflow.parts.storage import storage_table

PACKAGES = ["snakemake", "numpy", "pandas", "pyarrow", "seaborn", "opencv-python-headless"]
SECTIONS = {"claims": claims_table, "accuracy": accuracy_table, "published": published_table}


def versions(features):
    """Versions of this pipeline and Python, of packages as they are here, and of what the feature dumps say they were made with."""
    here = {package.metadata["Name"].lower(): package.version for package in importlib.metadata.distributions()}
    found = {"pipeline": pipeline_version(), "python": platform.python_version()}
    found |= {name: here.get(name, "(in another environment)") for name in PACKAGES}
    abouts = [read_about([path]) for path in features]
    dumped = {item for about in abouts for item in about["software"].items()}
    dumped |= {("networks shown on", about["device"]) for about in abouts if about.get("device")}
    names = sorted({name for name, _ in dumped})
    return found | {name: " and ".join(sorted(version for own, version in dumped if own == name)) for name in names}


def caption_of(path, svg):
    """A figure's caption: what its plug-in says of itself, and of names that it cuts."""
    module = load_plugin("plots", Path(path).stem)
    cut = f"{CUT} stands for what is cut of the name of a layer." if CUT in Path(svg).read_text() else ""
    return " ".join(f"{inspect.getdoc(module)} {inspect.getdoc(module.draw)} {cut}".replace("`", "").split())


def of_datasets(paths, datasets, name):
    """One table of several data sets, with a column saying which."""
    tables = [read_table(path, name).assign(dataset=dataset) for path, dataset in zip(paths, datasets, strict=True)]
    return pd.concat(tables)


def optional(files, name):
    """A table that not every experiment has: a DataFrame or None."""
    return read_table(files[name], name) if files.get(name) else None


def tables_of(files, scores, quality, rejected, config, timed):
    """The tables of the report: section -> DataFrame, None where the experiment has none."""
    tables = {name: show(optional(files, name)) if files.get(name) else None for name, show in SECTIONS.items()}
    judged, confidence = optional(files, "segmentation"), config["scores"]["confidence"]
    models = concat_tables(files.models, "models")
    return tables | {
        "segmentation": segmentation_table(judged, confidence) if judged is not None else None,
        "last_layers": last_layer_table(scores),
        "networks": network_table(models),
        "weights": weights_table(models, config),
        "quality": quality.assign(warning=np.where(quality["warning"].notna(), "yes", "")),  # they stand over the table
        "flow": concat_tables(files.flow, "flow_errors") if files.flow else None,
        "rejected": rejected.head(LISTED).dropna(axis="columns", how="all") if len(rejected) else None,
        "stages": stage_table(timed),
        "costs": cost_table(files.benchmarks),
    }


def said_of(files, scores, claims, quality, shown, config):
    """What the page says in words: section -> list of sentences; shown: data set -> videos that networks were shown clips of."""
    confidence, differences = config["scores"]["confidence"], optional(files, "differences")
    paired = differences if differences is None else of_main_perturbation(differences)
    models = concat_tables(files.models, "models")
    return {
        "findings": findings(scores, confidence, claims, paired, shown),
        "asked": asked(scores, len(claims), shown),
        "spoilt": drowned(scores, config["styles"]),
        "notes": notes(scores, *(optional(files, name) for name in ("accuracy", "segmentation")), confidence, models),
        "warnings": (quality["dataset"] + ", " + quality["warning"]).dropna().tolist(),
    }


def write_report(files, datasets, used, config, timed=(), stored=()):
    """The report, a string of HTML, and its answer, lines of text.

    files: the rule's inputs; datasets: those that networks are shown, one file of quality each; used: these and those they only
    learned from, one file of rejected and of clips each; timed: the benchmarks of all jobs; stored: what the stages stored,
    kind -> files.
    """
    quality = of_datasets(files.quality, datasets, "quality")
    rejected, clips = (of_datasets(files[name], used, name) for name in ("rejected", "clips"))
    scores = of_main_perturbation(read_table(files.scores, "scores"))
    claims = read_table(files.claims, "claims") if files.claims else ()
    tables = tables_of(files, scores, quality, rejected, config, timed)
    tables |= {"data": data_table(clips), "storage": storage_table(stored)}
    units, previews = units_of(files, datasets, scores)
    shown = clips.groupby("dataset")["video"].nunique()
    said = said_of(files, scores, claims, quality, shown, config)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["coded"] = coded
    html = environment.from_string(Path(files.template).read_text()).render(
        experiment=config["experiment"],
        **said,
        figures=figures_of(files.plots, files.svgs, list(map(caption_of, files.plots, files.svgs))),
        galleries=figures_of(files.galleries),
        layers={
            f"{model}, {dataset}": {metrics: html_table(table) for metrics, table in own.items()}
            for (model, dataset), own in layer_tables(scores).items()
        },
        units=units,
        previews=previews,
        rejected_summary=list(summary(rejected)),
        worked=duration(working_time(timed)),
        config=json.dumps(config, indent=2, ensure_ascii=False),
        versions=versions(files.features),
        style=Path(files.style).read_text(),
        script=Path(files.code).read_text(),
        **{name: "" if own is None else html_table(own) for name, own in tables.items()},
    )
    warnings = [f"Warning: {sentence}" for sentence in [*said["spoilt"], *said["warnings"]]]
    return html, [*said["findings"], *(f"Note: {note}" for note in said["notes"]), *warnings]


if __name__ == "__main__":
    with job(snakemake):
        folder = Path(snakemake.input.benchmarks[0]).parents[3]
        params = snakemake.params
        timed = timed_jobs(folder, params.jobs)
        html, answer = write_report(snakemake.input, params.datasets, params.used, params.config, timed, params.stored)
        with atomic(snakemake.output.report) as temporary:
            temporary.write_text(html, encoding="utf-8")
        with atomic(snakemake.output.answer) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in answer), encoding="utf-8")
