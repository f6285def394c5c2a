"""List exactly what networks will be shown: every clip in its styles and dynamics."""

from workflow.lib.experiment import perturbations_of
from workflow.lib.job import job, progress
from workflow.lib.tables import read_table, write_table
from workflow.parts.frame_orders import draw_dynamics, loaded
from workflow.parts.seeding import generator, seed_of

SIDES = 0.9, 0.95  # ASSUME: a crop of 90 to 95 % of both sides is another look at the same appearance and motion


def styles_of(clip, styles, drawn, seed):
    """Styles of one clip: all, or the `drawn` ones that come first in a ranking keyed by (seed, clip, style)."""
    if drawn == "all":
        return styles
    ranked = sorted(styles, key=lambda style: seed_of(seed, "style", clip, style))
    return sorted(ranked[:drawn], key=styles.index)


def dynamics_of(clip, n_frames, perturbations, draws, min_distance, seed):
    """Dynamics of one clip, natural first: name -> columns of table `variants`.

    perturbations: label -> (plug-in, options). What is drawn at random is drawn `draws` times, the rest comes once. Every
    draw is keyed by its own label and number, so that adding a perturbation or a draw changes no other.
    """
    dynamics = {"natural": {"perturbation": None, "frame_order": list(range(n_frames))}}
    for name, (perturbation, options) in perturbations.items():
        for draw in range(draws if perturbation.RANDOM else 1):
            columns = draw_dynamics(perturbation, options, n_frames, min_distance, seed, "order", name, clip, draw)
            dynamics[f"{name}{draw}"] = {"perturbation": name, **columns}
    return dynamics


def draw_crop(clip, draw, seed):
    """A crop of one clip, anywhere in the frame, the same in every style: [top, left, side], shares of the frame's sides."""
    rng = generator(seed, "augmentation", clip, draw)
    side = rng.uniform(*SIDES)
    return [*rng.uniform(0, 1 - side, 2).tolist(), float(side)]


def list_variants(clips, pairs, seed):
    """Variants of every row of the clip table: rows of table `variants`, styles varying slower than dynamics."""
    rows, perturbations = [], loaded(perturbations_of(pairs))
    for clip in progress(list(clips.itertuples()), "clips listed"):
        dynamics = dynamics_of(clip.clip, clip.n_frames, perturbations, pairs["orders_per_clip"], pairs["min_distance"], seed)
        shown = {name: {"dynamics": name, **columns, "augmentation": None, "crop": None} for name, columns in dynamics.items()}
        if pairs["ceiling"]:
            shown["natural+aug0"] = shown["natural"] | {"augmentation": 0, "crop": draw_crop(clip.clip, 0, seed)}
        for style in styles_of(clip.clip, pairs["styles"], pairs["styles_per_clip"], seed):
            for suffix, columns in shown.items():
                rows.append({"variant": f"{clip.clip}/{style}/{suffix}", "clip": clip.clip, "style": style, **columns})
    return rows


def list_originals(clips, variants):
    """The unstylized clips in natural order, as far as `variants` does not list them: rows of table `variants`.

    They are in no pair; what a network answers to them shows whether it can do what it was trained for.
    """
    listed = {row["variant"] for row in variants}
    names = [f"{clip}/original/natural" for clip in clips["clip"]]
    return [
        {"variant": name, "clip": clip, "style": "original", "dynamics": "natural", "frame_order": list(range(n_frames))}
        for name, clip, n_frames in zip(names, clips["clip"], clips["n_frames"], strict=True)
        if name not in listed
    ]


if __name__ == "__main__":
    with job(snakemake):
        clips = read_table(snakemake.input.clips, "clips")
        variants = list_variants(clips, snakemake.params.pairs, snakemake.params.seed)
        write_table(snakemake.output.variants, "variants", variants)
        write_table(snakemake.output.originals, "variants", list_originals(clips, variants))
