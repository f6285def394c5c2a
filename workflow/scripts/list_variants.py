"""List exactly what networks will be shown: every clip in its styles and dynamics."""

from workflow.lib.errors import BadInput
from workflow.lib.job import job
from workflow.lib.plugins import load_plugin
from workflow.lib.tables import read_table, write_table
from workflow.parts.frame_orders import draw_order
from workflow.parts.seeding import seed_of


def styles_of(clip, styles, drawn, seed):
    """Styles of one clip: all, or the `drawn` ones that come first in a ranking keyed by (seed, clip, style)."""
    if drawn == "all":
        return styles
    ranked = sorted(styles, key=lambda style: seed_of(seed, "style", clip, style))
    return sorted(ranked[:drawn], key=styles.index)


def dynamics_of(clip, n_frames, name, draws, min_distance, seed):
    """Frame orders of one clip, natural first: name of the dynamics -> frame order."""
    perturbation = load_plugin("perturbations", name)
    if perturbation.CHANGES != "dynamics":
        raise BadInput(f"pairs: dynamics is '{name}', a perturbation of {perturbation.CHANGES}; one of dynamics is needed")
    orders = {"natural": list(range(n_frames))}
    for draw in range(draws):
        orders[f"{name}{draw}"] = draw_order(perturbation, n_frames, min_distance, seed, "order", name, clip, draw)
    return orders


def list_variants(clips, pairs, seed):
    """Variants of every row of the clip table: rows of table `variants`, styles varying slower than dynamics."""
    rows = []
    for clip in clips.itertuples():
        orders = dynamics_of(clip.clip, clip.n_frames, pairs["dynamics"], pairs["orders_per_clip"], pairs["min_distance"], seed)
        for style in styles_of(clip.clip, pairs["styles"], pairs["styles_per_clip"], seed):
            for dynamics, order in orders.items():
                variant = f"{clip.clip}/{style}/{dynamics}"
                rows.append({"variant": variant, "clip": clip.clip, "style": style, "dynamics": dynamics, "frame_order": order})
    return rows


if __name__ == "__main__":
    with job(snakemake):
        clips = read_table(snakemake.input.clips, "clips")
        variants = list_variants(clips, snakemake.params.pairs, snakemake.params.seed)
        write_table(snakemake.output.variants, "variants", variants)
