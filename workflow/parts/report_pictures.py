"""The pictures of the report, embedded: figures, and previews of the clips that drive units."""

from pathlib import Path

from workflow.lib.tables import concat_tables, read_table
from workflow.parts.figure_style import DPI, named
from workflow.parts.report_html import data_url, embedded

GALLERY = "One clip in every style and every order: what the networks see (the original where it is a style of the pairs)."


def figures_of(pngs, svgs=(), captions=()):
    """Figures as the template shows them: title -> its PNG, as wide as in print, its SVG if it has one, what is to be seen."""
    shown = {}
    for i, png in enumerate(pngs):
        content = Path(png).read_bytes()
        svg = embedded(svgs[i]) if svgs else ""
        shown[Path(png).stem.replace("_", " ")] = {
            "png": data_url(content, ".png"),
            "inches": int.from_bytes(content[16:20]) / DPI,  # the width stands there in every PNG
            "svg": svg,
            "caption": captions[i] if captions else GALLERY,
        }
    return shown


def units_of(files, datasets, scores):
    """What drives units: title of a network -> layer -> class -> {unit, clips}; previews of clips: a list of {url, about}.

    A title also says which metric chose the units.
    """
    networks = scores[["dataset", "model", "training"]].drop_duplicates(["dataset", "model"]).assign(stream=None)
    labels = networks.assign(label=named(networks)["model"].str.split("\n").str[0]).set_index(["dataset", "model"])["label"]
    found, previews, number = {}, [], {}
    for path, dataset in zip(files.previews, datasets, strict=True):
        for row in read_table(path, "previews").itertuples():
            number[dataset, row.clip] = len(previews)
            previews.append({"url": data_url(row.jpeg, ".jpg"), "about": row})
    table = concat_tables(files.units, "units").sort_values("rank", kind="stable")
    for (model, dataset, layer, name), own in table.groupby(["model", "dataset", "layer", "class"], sort=False):
        unit = {"unit": next(own.itertuples()), "clips": [number[dataset, clip] for clip in own["clip"]]}
        title = f"{labels[dataset, model]}, {dataset}, by {unit['unit'].metric}"
        found.setdefault(title, {}).setdefault(layer, {})[name] = unit
    return found, previews
