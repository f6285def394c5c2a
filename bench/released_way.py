"""The whole analysis of all layers of one network: ours against the way of the released code of Kowal et al. (CVPR 2022).

That way, written anew from what the code does: a run over all pairs for every layer, which stops at that layer; batches of
two pairs; each side of a pair in a forward pass of its own, gradients recorded; every frame of a clip read from its JPEG
each time, then the frames that the network takes; the sides of a static pair are one reading. Scores are its own formula,
without intervals. Ours: one feature dump of all layers, the pairs, and `ratio`, which is that formula, with intervals and q-values.
Both begin with clips that are decoded and stylized and with the network built, and compare the same pairs of the same orders.
"""

import statistics
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import torch
from torch import nn

from bench.features import dump_job, stored
from bench.jobs import default_config, network_entry, run_script
from bench.measuring import alone, in_turn, median_ratio, row
from workflow.lib.arrays import open_frames
from workflow.lib.tables import concat_tables, read_table
from workflow.parts.frame_sampling import sampled_frames, shown_frames
from workflow.parts.networks import build_network
from workflow.scripts.make_pairs import make_pairs

BATCH = 2  # pairs, the released code's default
SMALL = {"architecture": "slowonly", "depth": [1, 1, 1, 1], "width": 16, "frames": 8, "stride": 2, "size": 112}
FULL = {"options": SMALL, "n_clips": 16, "repetitions": 3}
TINY = {"options": SMALL | {"width": 4, "frames": 4, "size": 32}, "n_clips": 4, "repetitions": 1}


def write_pictures(folder, clips, stores, suffix=".jpg"):
    """Write every frame of the stores, style -> clip store, as folder/style/clip/000001.jpg and so on."""
    for style, store in stores.items():
        for clip, frames in zip(clips, store, strict=True):
            own = Path(folder, style, clip)
            own.mkdir(parents=True)
            for number, frame in enumerate(frames, 1):
                cv2.imwrite(str(own / f"{number:06d}{suffix}"), frame[..., ::-1])  # OpenCV's JPEG quality is 95


class ReleasedWay:
    """Scores of all layers of a ResNet3D, layer by layer and pair by pair.

    pairs: rows of that table; orders: variant -> its frame order; pictures: the folder of write_pictures.
    """

    def __init__(self, network, pairs, orders, pictures):
        self.network, self.pairs, self.orders, self.pictures = network, pairs, orders, pictures

    def read(self, variant):
        """All frames of a variant's clip, from their files: float [rgb, frame, height, width]."""
        clip, style, _ = variant.split("/")
        files = sorted(Path(self.pictures, style, clip).iterdir())
        frames = np.stack([cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB) for file in files])
        return torch.from_numpy(frames).permute(3, 0, 1, 2).float()

    def shown(self, frames, variant):
        """What the network is shown of the frames read: [rgb, frame, height, width]."""
        sampled = sampled_frames(frames.shape[1], self.network.frames, self.network.stride)
        video = frames[:, shown_frames(self.orders[variant], sampled)] / 255
        mean, std = (torch.tensor(x).view(3, 1, 1, 1) for x in (self.network.mean, self.network.std))
        return (video - mean) / std

    def sides(self, pair):
        """Both sides of one pair."""
        frames = self.read(pair.variant_a)
        other = frames if pair.factor == "static" else self.read(pair.variant_b)
        return self.shown(frames, pair.variant_a), self.shown(other, pair.variant_b)

    def activations(self, path):
        """Both sides' activations of one layer: float [pair, unit] each."""
        last = int(path.removeprefix("blocks."))
        part, pairs = self.network.module.blocks[: last + 1], list(self.pairs.itertuples())
        device = next(part.parameters()).device
        found = [], []
        for start in range(0, len(pairs), BATCH):
            loaded = [self.sides(pair) for pair in pairs[start : start + BATCH]]
            for side, videos in zip(found, zip(*loaded, strict=True), strict=True):
                video = torch.stack(videos).to(device)
                for block in part:
                    video = block(video)
                side.append(nn.AvgPool3d(video.shape[2:])(video).flatten(1).detach().cpu().numpy())
        return np.concatenate(found[0]), np.concatenate(found[1])

    def run(self):
        """Layer -> factor -> S of the static and the dynamic pairs."""
        return {layer: released_scores(*self.activations(path), self.pairs) for layer, path in self.network.layers.items()}


def released_scores(a, b, pairs):
    """Factor -> S, as the released code computes it, its variance over the pairs of all factors; a, b: [pair, unit]."""
    total = np.concatenate([a, b]).var(0).sum()
    scores = {}
    for factor in ("static", "dynamic"):
        own_a, own_b = (side[pairs["factor"].eq(factor).to_numpy()] for side in (a, b))
        mean = (own_a.mean(0) + own_b.mean(0)) / 2
        scores[factor] = ((own_a - mean) * (own_b - mean)).mean(0).sum() / total
    return scores


def our_way(folder, files, job, config):
    """Dump, pairs and scores, as a function without arguments."""
    pairs, shards = {"pairs": f"{folder}/pairs.parquet"}, {"variants": files["variants"], "clips": [files["clips"]]}
    made = {name: f"{folder}/ratio.{name}.parquet" for name in ("scores", "draws", "lambda_sweep")}
    names = {"dataset": "clips", "model": "network"}
    settings = {"settings": config["scores"], "seed": 0, "min_distance": config["pairs"]["min_distance"]}

    def run():
        job()
        run_script("make_pairs", folder, shards, pairs, {"seed": 0})
        found = pairs | {"features": [f"{folder}/features.parquet"]}
        run_script("score_features", folder, found, made, {**names, **settings, "metric": "ratio"})

    return run


def tables_of(files):
    """Tables `variants` and `clips` of the inputs of a feature dump."""
    return concat_tables(files["variants"], "variants"), read_table(files["clips"], "clips")


def both_ways(folder, entry, files, config, n_frames, repetitions):
    """Seconds of ours, of the released way, and of that with one pair of every clip, by turns; and the number of pairs."""
    network, training = build_network(entry)
    variants, clips = tables_of(files)
    stores = dict(zip(config["pairs"]["styles"], map(open_frames, files["stores"]), strict=True))
    write_pictures(f"{folder}/pictures", clips["clip"], stores)
    pairs = make_pairs(variants, clips, 0).query("primary")
    orders = variants.set_index("variant")["frame_order"]
    one_each = pairs.groupby("clip").sample(1, random_state=0)
    with patch("workflow.parts.networks.build_network", return_value=(network, training)):
        side = network.size
        job = dump_job(folder, entry, files, config["pairs"]["styles"], side, n_frames)
        sides = {
            "ours": our_way(folder, files, job, config),
            "released": ReleasedWay(network, pairs, orders, f"{folder}/pictures").run,
            "one pair": ReleasedWay(network, one_each, orders, f"{folder}/pictures").run,
        }
        sides["ours"]()  # the first pass is slower; it also leaves the network on the GPU, where there is one
        times = in_turn(sides, repetitions)
    return times, len(pairs)


def bench(folder, options, n_clips, repetitions):
    """Rows of the table."""
    config, entry = default_config(), network_entry("resnet3d", **options)
    files, n_frames = stored(folder, options["size"], n_clips, config), config["clip"]["frames"]
    times, n_pairs = alone(both_ways, folder, entry, files, config, n_frames, repetitions)
    size = f"{options['frames']} x {options['size']}²"
    case = f"small SlowOnly, {size}, 5 layers, {n_clips} clips, {len(config['pairs']['styles'])} styles"
    rows = [
        row(f"{what}: {case}", "s", statistics.median(times[name]), repetitions=repetitions)
        for name, what in {
            "ours": "analysis of all layers, ours",
            "released": f"analysis of all layers, the released way, {n_pairs} pairs",
            "one pair": f"analysis of all layers, the released way, one pair of every clip, {n_clips} pairs",
        }.items()
    ]
    ratio = {name: median_ratio(times[name], times["ours"]) for name in ("released", "one pair")}
    rows.append(row(f"the released way over ours, the same {n_pairs} pairs", "ratio", ratio["released"], ">= 10", "", repetitions))
    what = "the released way with one pair of every clip over ours with all"
    return [*rows, row(what, "ratio", ratio["one pair"], repetitions=repetitions)]
