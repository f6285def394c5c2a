"""Collect the scores of every analysis of an experiment into the one table that figures read."""

from workflow.lib.job import job
from workflow.lib.tables import concat_tables, write_table

if __name__ == "__main__":
    with job(snakemake):
        write_table(snakemake.output.scores, "scores", concat_tables(snakemake.input.scores, "scores"))
