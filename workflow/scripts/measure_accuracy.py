"""How often a network names the class of its clips, original and stylized: is it the network it should be, fed as it should be?"""

from workflow.lib.errors import BadInput
from workflow.lib.features import read_about, read_keys
from workflow.lib.job import job
from workflow.lib.tables import concat_tables, read_table, write_table
from workflow.parts.class_lists import check_length, key, listed_labels, no_accuracy, read_classes
from workflow.parts.proportions import wilson
from workflow.parts.splits import not_trained_on


def independent(counts):
    """How many independent answers variants are worth if all those of a video are right or wrong together (Kish 1965).

    counts: variants per video. The interval is then never too narrow, and Wilson's own for one variant per video.
    """
    return counts.sum() ** 2 / (counts**2).sum()


def share_right(seen, chance, confidence):
    """Share of variants named by their class, and what it rests on: columns of table `accuracy`."""
    counts = {"chance": chance, "n_clips": seen["clip"].nunique(), "n_videos": seen["video"].nunique()}
    if not len(seen):
        return counts
    value = float((seen["label_class"] == seen["predicted"]).mean())
    low, high = wilson(value, independent(seen["video"].value_counts().to_numpy(float)), confidence)
    return counts | {"value": value, "low": low, "high": high}


def left_out(seen):
    """Clips without a label that is a class of the network: columns of table `accuracy`."""
    clips = seen.drop_duplicates("clip")
    unknown = clips[clips["label_class"].isna() & clips["label"].notna()]
    listed = listed_labels(unknown["label"])
    return {"n_unlabelled": int(clips["label"].isna().sum()), "n_unknown": len(unknown), "unknown": listed}


def accuracies(seen, n_classes, reversal_of, confidence):
    """Rows of table `accuracy` of some variants, a DataFrame of clip, video, label, label_class (NaN: unknown), predicted.

    reversal_of: class -> the class that is its time reversal. `reversal` counts the variants that are named by one of the two.
    """
    known, rest = seen[seen["label_class"].notna()], left_out(seen)
    rows = [{"quantity": "top1", **share_right(known, 1 / n_classes, confidence), **rest}]
    if reversal_of:
        reverse = known["label_class"].map(reversal_of)
        either = known[reverse.notna() & ((known["predicted"] == known["label_class"]) | (known["predicted"] == reverse))]
        rows.append({"quantity": "reversal", **share_right(either, 0.5, confidence), **rest})
    return rows


def measure_accuracy(keys, variants, clips, classes, reversals, confidence):
    """Top-1 accuracy in each style and order: rows of table `accuracy` without data set, model and training.

    keys: key columns of the feature dumps; augmented variants are left out. reversals: names of classes that are each
    other's time reversal, each pair once, for the accuracy between the two. Raises BadInput where the network names no
    classes, or more than the list has.
    """
    if keys["predicted"].isna().any():
        raise BadInput("a class list came, but the network gives no class scores [clip, class]: take `classes` out of its entry")
    if len(keys) and keys["predicted"].max() >= len(classes):
        raise BadInput(
            f"the network names class {int(keys['predicted'].max())}, its list has only {len(classes)}, from 0: another was needed"
        )
    index = {key(name): i for i, name in enumerate(classes)}
    pairs = [(index.get(key(a)), index.get(key(b))) for a, b in reversals.items()]
    reversal_of = {a: b for pair in pairs if None not in pair for a, b in (pair, pair[::-1])}
    about = clips[["clip", "video", "label"]].assign(label=clips["label"].mask(clips["label"].eq("")))
    about["label_class"] = about["label"].map(lambda label: index.get(key(label)), na_action="ignore").astype(float)
    shown = variants.loc[variants["augmentation"].isna(), ["variant", "clip", "style", "perturbation"]]
    seen = shown.merge(keys[["variant", "predicted"]], on="variant", validate="1:1").merge(about, on="clip")
    groups = seen.groupby(["style", "perturbation"], sort=False, dropna=False)
    named = [(style, perturbation if isinstance(perturbation, str) else None, own) for (style, perturbation), own in groups]
    named.sort(key=lambda group: group[0] != "original")
    return [
        {"style": style, "perturbation": perturbation, **row}
        for style, perturbation, own in named
        for row in accuracies(own, len(classes), reversal_of, confidence)
    ]


def remark(rows, model, dataset):
    """Why there is no accuracy, or nothing."""
    if any(row["n_clips"] for row in rows) or not rows:
        return ""
    return no_accuracy(dataset, model, rows[0]["unknown"])


if __name__ == "__main__":
    with job(snakemake):
        files, params = snakemake.input, snakemake.params
        variants, clips = concat_tables(files.variants, "variants"), concat_tables(files.clips, "clips")
        clips = not_trained_on(clips, params.trainings, params.seen, params.seed)
        classes, keys = read_classes(str(files.classes)), read_keys(files.features)
        check_length(params.model, read_table(files.described, "models")["outputs"].iloc[0], classes, files.classes)
        rows = measure_accuracy(keys, variants, clips, classes, params.reversals, params.confidence)
        print(remark(rows, params.model, params.dataset) or f"{len(rows)} styles and orders")
        about = {"dataset": params.dataset, "model": params.model, "training": read_about(files.features)["training"]}
        write_table(snakemake.output.accuracy, "accuracy", [row | about for row in rows])
