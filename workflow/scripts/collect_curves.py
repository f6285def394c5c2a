"""Collect the curves of all trainings of an experiment into one table."""

from workflow.lib.job import job
from workflow.lib.tables import concat_tables, write_table

if __name__ == "__main__":
    with job(snakemake):
        write_table(snakemake.output.curves, "training_curve", concat_tables(snakemake.input.curves, "training_curve"))
