"""Collect the accuracies of every network of an experiment that has a class list."""

from workflow.lib.job import job
from workflow.lib.tables import concat_tables, write_table

if __name__ == "__main__":
    with job(snakemake):
        write_table(snakemake.output.accuracy, "accuracy", concat_tables(snakemake.input.accuracy, "accuracy"))
