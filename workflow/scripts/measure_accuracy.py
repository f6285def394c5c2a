"""How often a network names the class of its clips, original and stylized: is it the network it should be, fed as it should be?"""

from statistics import NormalDist

from workflow.lib.errors import BadInput
from workflow.lib.features import read_about, read_keys
from workflow.lib.job import job
from workflow.lib.tables import concat_tables, write_table
from workflow.parts.class_lists import key, read_classes

NAMED = 10  # unknown labels named in the table


def wilson(share, n, confidence):
    """Wilson's score interval (JASA 22:209, 1927) of a share of `n` independent yes or no: (low, high)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)


def independent(counts):
    """How many independent answers variants are worth if all those of a video are right or wrong together (Kish 1965).

    counts: variants per video. The interval is then never too narrow, and Wilson's own for one variant per video.
    """
    return counts.sum() ** 2 / (counts**2).sum()


def top1(seen, n_classes, confidence):
    """Columns of table `accuracy` of some variants, a DataFrame of clip, video, label, label_class (NaN: unknown), predicted."""
    known = seen[seen["label_class"].notna()]
    clips = seen.drop_duplicates("clip")
    unknown = clips[clips["label_class"].isna() & clips["label"].notna()]
    names = sorted(set(unknown["label"]))
    columns = {
        "quantity": "top1",
        "chance": 1 / n_classes,
        "n_clips": known["clip"].nunique(),
        "n_videos": known["video"].nunique(),
    }
    columns |= {"n_unlabelled": int(clips["label"].isna().sum()), "n_unknown": len(unknown)}
    columns["unknown"] = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "") or None
    if not len(known):
        return columns
    value = float((known["label_class"] == known["predicted"]).mean())
    low, high = wilson(value, independent(known["video"].value_counts().to_numpy(float)), confidence)
    return columns | {"value": value, "low": low, "high": high}


def measure_accuracy(keys, variants, clips, classes, confidence):
    """Top-1 accuracy in each style and order: rows of table `accuracy` without data set, model and training.

    keys: key columns of the feature dumps; augmented variants are left out. Raises BadInput where the network names no
    classes, or more than the list has.
    """
    if keys["predicted"].isna().any():
        raise BadInput("a class list came, but the network gives no class scores [clip, class]: take `classes` out of its entry")
    if len(keys) and keys["predicted"].max() >= len(classes):
        raise BadInput(
            f"the network names class {int(keys['predicted'].max())}, its list has only {len(classes)}, from 0: another was needed"
        )
    index = {key(name): i for i, name in enumerate(classes)}
    about = clips[["clip", "video", "label"]].assign(label=clips["label"].mask(clips["label"].eq("")))
    about["label_class"] = about["label"].map(lambda label: index.get(key(label)), na_action="ignore").astype(float)
    shown = variants.loc[variants["augmentation"].isna(), ["variant", "clip", "style", "perturbation"]]
    seen = shown.merge(keys[["variant", "predicted"]], on="variant", validate="1:1").merge(about, on="clip")
    groups = seen.groupby(["style", "perturbation"], sort=False, dropna=False)
    named = [(style, perturbation if isinstance(perturbation, str) else None, own) for (style, perturbation), own in groups]
    named.sort(key=lambda group: group[0] != "original")
    return [{"style": s, "perturbation": p, **top1(own, len(classes), confidence)} for s, p, own in named]


def remark(rows, model, dataset):
    """Why there is no accuracy, or nothing."""
    if any(row["n_clips"] for row in rows) or not rows:
        return ""
    labels = f"; its labels are {rows[0]['unknown']}" if rows[0]["unknown"] else ", it has no labels"
    return f"no label of data set {dataset} is a class of model {model}: there is no accuracy{labels}"


if __name__ == "__main__":
    with job(snakemake):
        files, params = snakemake.input, snakemake.params
        variants, clips = concat_tables(files.variants, "variants"), concat_tables(files.clips, "clips")
        rows = measure_accuracy(read_keys(files.features), variants, clips, read_classes(str(files.classes)), params.confidence)
        print(remark(rows, params.model, params.dataset) or f"{len(rows)} styles and orders")
        about = {"dataset": params.dataset, "model": params.model, "training": read_about(files.features)["training"]}
        write_table(snakemake.output.accuracy, "accuracy", [row | about for row in rows])
