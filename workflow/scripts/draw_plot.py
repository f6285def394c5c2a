"""Draw one figure of an experiment from one of its tables."""

from workflow.lib.job import job
from workflow.lib.plugins import load_plugin
from workflow.lib.tables import read_table
from workflow.parts.figure_style import save_figure, set_style
from workflow.parts.pair_selection import of_main_perturbation

if __name__ == "__main__":
    with job(snakemake):
        set_style()
        table = read_table(snakemake.input.table, snakemake.params.name)
        plot = load_plugin("plots", snakemake.params.plot)
        if "perturbation" in table and getattr(plot, "PERTURBATIONS", "main") == "main":
            table = of_main_perturbation(table)
        figure = plot.draw(table, snakemake.params.settings)
        save_figure(figure, snakemake.output.png, snakemake.output.svg)
