"""Hold what an experiment expects of its networks against their scores, accuracies and training curves."""

from workflow.lib.job import job
from workflow.lib.tables import concat_tables, read_table, write_table
from workflow.parts.claims import accuracy_values, learned_values, score_values, segmentation_values, weigh


def check_claims(claims, draws, accuracy, curves, segmentation, confidence):
    """Rows of table `claims`. Raises BadInput where a claim speaks of what was not measured."""
    rows = []
    for claim in claims:
        if "score" in claim:
            values = score_values(draws, claim)
        elif "accuracy" in claim:
            values = accuracy_values(accuracy, claim)
        elif "segmentation" in claim:
            values = segmentation_values(segmentation, claim)
        else:
            values = learned_values(curves, claim)
        rows.append(weigh(claim, values, confidence))
    return rows


if __name__ == "__main__":
    with job(snakemake):
        files, params = snakemake.input, snakemake.params
        draws = concat_tables(files.draws, "draws")
        accuracy = read_table(files.accuracy, "accuracy") if files.accuracy else None
        curves = read_table(files.curves, "training_curve") if files.curves else None
        segmentation = read_table(files.segmentation, "segmentation") if files.segmentation else None
        rows = check_claims(params.claims, draws, accuracy, curves, segmentation, params.confidence)
        write_table(snakemake.output.claims, "claims", rows)
