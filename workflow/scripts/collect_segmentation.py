"""Collect how well every network of an experiment segments."""

from workflow.lib.job import job
from workflow.lib.tables import concat_tables, write_table

if __name__ == "__main__":
    with job(snakemake):
        tables = concat_tables(snakemake.input.segmentation, "segmentation")
        write_table(snakemake.output.segmentation, "segmentation", tables)
