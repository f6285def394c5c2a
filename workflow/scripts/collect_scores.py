"""Collect the scores of every analysis of an experiment, and their unit classes at every threshold, into one table of each."""

import pandas as pd

from workflow.lib.job import job
from workflow.lib.tables import concat_tables, write_table


def whole_layers_first(scores):
    """The rows of whole layers, then those of units, each in their order: readers of the first skip the others' row groups."""
    units = scores["unit"].notna()
    return pd.concat([scores[~units], scores[units]])


if __name__ == "__main__":
    with job(snakemake):
        write_table(snakemake.output.scores, "scores", whole_layers_first(concat_tables(snakemake.input.scores, "scores")))
        write_table(snakemake.output.lambda_sweep, "lambda_sweep", concat_tables(snakemake.input.lambda_sweep, "lambda_sweep"))
