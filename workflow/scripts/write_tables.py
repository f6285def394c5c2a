"""Write the tables of a publication as CSV, with all numbers, and as LaTeX, as people read them."""

import re
from pathlib import Path

from workflow.lib.files import atomic
from workflow.lib.job import job
from workflow.lib.tables import concat_tables, read_table, schema
from workflow.parts.last_layers import last_layer_table, last_layer_values, layer_table, layer_values
from workflow.parts.network_differences import differences_table
from workflow.parts.numbers import is_numeric, readable
from workflow.parts.pair_selection import of_main_perturbation
from workflow.parts.published import published_table
from workflow.parts.report_tables import accuracy_table, claims_table, network_table, segmentation_table, segmentation_values

MINUS = re.compile(r"(?<![\w.])-(?=[\d.])")
# What LaTeX has no letter for, or another one, outside of formulas.
SIGNS = {"λ": r"$\lambda$", "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "→": r"$\to$", "≥": r"$\geq$", "<": "$<$", ">": "$>$"}


def latex(table):
    """A DataFrame as a LaTeX tabular: numbers to the right and with true minus signs, what means something to LaTeX escaped.

    Columns without any entry are left out.
    """
    cells = table.map(readable)
    cells = cells.loc[:, (cells != "").any() | (len(cells) == 0)]
    columns = "".join("r" if is_numeric(cells[name]) else "l" for name in cells)
    text = MINUS.sub("$-$", cells.to_latex(index=False, escape=True, column_format=columns))
    text = re.sub(r"^\[", "{[}", text, flags=re.MULTILINE)  # after a line's end a bracket would be the height of the line
    return f"% \\usepackage{{booktabs}}\n{text.translate(str.maketrans(SIGNS))}"


def whole_numbers(values, name):
    """Table `name` with its whole numbers as such where some are missing, which pandas reads as 64.0."""
    return values.astype({field.name: "Int64" for field in schema(name) if str(field.type).startswith("int")})


# Of the tables that not every experiment has, how people read them.
SHOWN = {
    "claims": claims_table,
    "accuracy": accuracy_table,
    "published": published_table,
    "differences": lambda table: differences_table(of_main_perturbation(table)),
}


def tables_of(files, confidence=0.95):
    """Name of a table -> its numbers, and how people read it; files: the rule's inputs; confidence: of intervals over videos."""
    scores, models = of_main_perturbation(read_table(files.scores, "scores")), concat_tables(files.models, "models")
    tables = {"last_layers": (last_layer_values(scores), last_layer_table(scores))}
    tables["layers"] = layer_values(scores), layer_table(scores)
    tables["models"] = whole_numbers(models, "models"), network_table(models)
    for name, show in SHOWN.items():
        if files.get(name):
            values = read_table(files[name], name)
            tables[name] = whole_numbers(values, name), show(values)
    if files.get("segmentation"):
        videos = read_table(files.segmentation, "segmentation")
        tables["segmentation"] = segmentation_values(videos, confidence), segmentation_table(videos, confidence)
    return tables


def write_tables(tables, paths):
    """Write every path, whose name says which table and in which form; a missing number is an empty field."""
    for path in map(Path, paths):
        values, shown = tables[path.stem]
        with atomic(path) as temporary:
            temporary.write_text(values.to_csv(index=False) if path.suffix == ".csv" else latex(shown))


if __name__ == "__main__":
    with job(snakemake):
        write_tables(tables_of(snakemake.input, snakemake.params.confidence), snakemake.output)
