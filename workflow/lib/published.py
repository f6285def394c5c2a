"""Published numbers that an experiment shows beside its own (standard library only: used while the workflow is parsed)."""

import csv

from workflow.lib.errors import BadInput
from workflow.lib.plugins import ROOT

SOURCE = "resources/published/kowal2022.csv"
KEYS = ["figure", "network", "trained_on", "layer"]


def read_published(path=SOURCE):
    """Rows of the published numbers, dicts; value and uncertainty are numbers, the latter None where there is none."""
    with (ROOT / path).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        row | {"value": float(row["value"]), "uncertainty": float(row["uncertainty"]) if row["uncertainty"] else None}
        for row in rows
    ]


def published_rows(config):
    """Rows that a config's `published` names, each with `ours`: its counterpart here, or None; raises BadInput."""
    if not config["published"]:
        return []
    known, rows = read_published(), []
    trained = [name for name, model in config["models"].items() if "train" in model]
    analysed = {(analysis["dataset"], model) for analysis in config["analyses"] for model in analysis["models"]}
    for entry in config["published"]:
        wanted = {key: entry[key] for key in KEYS if key in entry}
        own = [row for row in known if all(row[key] == value for key, value in wanted.items())]
        if not own:
            there = ", ".join(dict.fromkeys(row["figure"] for row in known))
            raise BadInput(f"published: nothing in {SOURCE} has {said(wanted)}; its figures are {there}")
        if ours := entry.get("ours"):
            check_ours(ours, own, said(wanted), analysed, trained)
        rows += [row | {"ours": ours} for row in own]
    return rows


def said(wanted):
    """The keys and values of a selection as text."""
    return ", ".join(f"{key} '{value}'" for key, value in wanted.items())


def check_ours(ours, own, wanted, analysed, trained):
    """Raise BadInput unless `ours` is one counterpart of one published case, and trained or analysed in this experiment."""
    cases = list(dict.fromkeys(tuple(row[key] for key in KEYS) for row in own))
    if len(cases) > 1:
        raise BadInput(f"published: {wanted} is {len(cases)} cases, ours is one; name its {' or '.join(KEYS[2:])} too")
    if any(row["quantity"] == "relative_top1" for row in own):
        if "natural" not in ours:
            raise BadInput(f"published: {wanted} is relative to a network trained on natural order; name ours in `ours: natural`")
        if away := [ours[key] for key in ("model", "natural") if ours[key] not in trained]:
            raise BadInput(f"published: {wanted} compares trainings; {away[0]} is not trained here")
    elif (ours.get("dataset"), ours["model"]) not in analysed:
        raise BadInput(f"published: {wanted} stands beside {ours['model']} on {ours.get('dataset')}, which no analysis names")
