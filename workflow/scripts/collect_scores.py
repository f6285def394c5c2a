"""Collect the scores of every analysis of an experiment, and their unit classes at every threshold, into one table of each."""

from workflow.lib.job import job
from workflow.lib.tables import concat_tables, write_table

if __name__ == "__main__":
    with job(snakemake):
        for name in ("scores", "lambda_sweep"):
            write_table(snakemake.output[name], name, concat_tables(snakemake.input[name], name))
