"""The jobs of an experiment's report: what is made of the scores, accuracies and masks of all data sets."""

from bench.jobs import ROOT, tables

REPORT = {"template": "report.html.j2", "style": "report.css", "code": "report.js"}
CLAIMS = [
    {"says": "dynamics", "score": {"metric": "pearson", "quantity": "percent", "factor": "dynamic"}, "than": 25.0},
    {"says": "masks", "segmentation": "J", "than": 0.5},
]
PUBLISHED = dict.fromkeys(("figure", "network", "trained_on", "probed_on", "layer", "factor", "note", "uncertainty"))
PUBLISHED |= {"quantity": "mIoU", "value": 50.0, "ours": {"dataset": "shapes", "model": "network"}}  # an invented number
PRINTED = ("last_layers", "layers", "models", "claims", "accuracy", "published", "segmentation", "differences")
PLOTS = ("scatter", "stability")  # of the tables that figures read only `stability` grows with the videos, by their logarithm


def report_jobs(folder, files, config):
    """Jobs that read what the stages before have left in `folder`: stage -> (input, output, params) of its rule."""
    dumped, confidence = {name: files[name] for name in ("features", "variants", "clips")}, {"confidence": 0.95}
    made = {name: f"{folder}/{name}.parquet" for name in ("scores", "differences", "stability", "claims", "published")}
    made |= {name: f"{folder}/all_{name}.parquet" for name in ("accuracy", "segmentation", "curves")}
    measured = {name: made[name] for name in ("accuracy", "curves", "segmentation")}
    printed = [f"{folder}/tables/{name}.{form}" for name in PRINTED for form in ("csv", "tex")]
    draws = {"draws": [f"{folder}/pearson.draws.parquet"]}
    found = {name: [f"{folder}/pearson.{name}.parquet"] for name in ("scores", "lambda_sweep")}
    claims = [{"dataset": "shapes", "of": ["network"], "expect": "more"} | claim for claim in CLAIMS]
    collected = {"accuracy": "accuracy", "curves": "trained/curve", "segmentation": "segmentation"}
    jobs = {f"collect_{name}": ({name: [f"{folder}/{one}.parquet"]}, {name: made[name]}, {}) for name, one in collected.items()}
    jobs |= {
        "collect_scores": (found, tables(folder, scores="scores", lambda_sweep="lambda_sweep"), {}),
        "compare_scores": (draws, {"differences": made["differences"]}, confidence),
        "measure_stability": (draws, {"stability": made["stability"]}, confidence),
        "show_units": (
            dumped | {"scores": made["scores"], "stores": files["stores"]["original"]},
            tables(folder, units="units", previews="previews"),
            {"dataset": "shapes", "models": ["network"], "threshold": 0.5},
        ),
        "check_claims": (draws | measured, {"claims": made["claims"]}, confidence | {"claims": claims}),
        "compare_published": (
            measured | {"scores": made["scores"], "models": [files["described"]]},
            {"published": made["published"]},
            confidence | {"rows": [PUBLISHED], "threshold": 0.5},
        ),
    }
    for plot, name in zip(PLOTS, ("scores", "stability"), strict=True):
        about = {"plot": plot, "name": name, "settings": config["scores"]}
        jobs[f"draw_plot {plot}"] = ({"table": made[name]}, drawn(folder, plot), about)
    read, videos = made | {"models": [files["described"]]}, shown(folder, files)
    counted = {"datasets": ["shapes"], "n_segments": [len(files["clips"])], "trained": [], "report": f"{folder}/report.html"}
    counted |= {"tried": [("shapes", "network")], "scored": [], "decoding": [[]]}
    jobs["check"] = (
        {"models": read["models"], "classes": []} | {name: videos[name] for name in ("clips", "rejected")},
        {},
        counted,
    )
    jobs["write_tables"] = (read, dict(zip(printed, printed, strict=True)), confidence)
    jobs["write_report"] = (
        read | videos,
        {"report": f"{folder}/report.html", "answer": f"{folder}/answer.txt"},
        about_report(files, config),
    )
    return jobs


def drawn(folder, plot):
    """The two files of a figure."""
    return {kind: f"{folder}/{plot}.{kind}" for kind in ("png", "svg")}


def shown(folder, files):
    """What the report reads beside the tables of numbers."""
    figures = [drawn(folder, plot) for plot in PLOTS]
    paths = {"quality": "quality", "clips": "all_clips", "rejected": "all_rejected", "units": "units", "previews": "previews"}
    return (
        {name: [f"{folder}/{file}.parquet"] for name, file in (paths | {"flow": "flow_errors"}).items()}
        | {"plots": [own["png"] for own in figures], "svgs": [own["svg"] for own in figures]}
        | {"galleries": [f"{folder}/gallery.png"], "benchmarks": files["benchmarks"], "features": files["features"][:1]}
        | {name: str(ROOT / "workflow/report" / file) for name, file in REPORT.items()}
    )


def about_report(files, config):
    """The parameters of the report."""
    jobs = [f"shapes/network/{shard:03d}" for shard in range(len(files["clips"]))]
    stored = {"clips": files["stores"]["original"], "feature dumps": files["features"]}
    return {"config": config, "datasets": ["shapes"], "used": ["shapes"], "jobs": jobs, "stored": stored}
