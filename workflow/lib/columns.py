"""The tables of the pipeline: their columns, what kind of number stands in each, and what it means."""

from typing import NamedTuple

import pyarrow as pa


class Kind(NamedTuple):
    """What stands in a column: its Arrow type and, of numbers, their unit and the least and most that they can be."""

    type: pa.DataType
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def range(self):
        """The range in words; empty where any number can stand."""
        if self.least is None:
            return ""
        return f"{self.least:g} to {self.most:g}" if self.most is not None else f"{self.least:g} or more"


def described(kind, meaning):
    """A column's metadata: description and, where there are such, unit and range."""
    found = {"description": meaning, "unit": kind.unit, "range": kind.range}
    return {key: value for key, value in found.items() if value}


text, flag, picture = Kind(pa.string()), Kind(pa.bool_()), Kind(pa.binary())
real, positive = Kind(pa.float64()), Kind(pa.float64(), "", 0)
share, similarity, percent = Kind(pa.float64(), "", 0, 1), Kind(pa.float64(), "", -1, 1), Kind(pa.float64(), "percent", 0, 100)
seconds, pixels, rate = (Kind(pa.float64(), unit, 0) for unit in ("s", "px", "frames/s"))
count, large_count = Kind(pa.int32(), "", 0), Kind(pa.int64(), "", 0)
frame_list, numbers, shares = (
    Kind(pa.list_(pa.int16()), "", 0),
    Kind(pa.list_(pa.float32())),
    Kind(pa.list_(pa.float64()), "", 0, 1),
)

QUANTITIES = (
    "S (similarity, 1 where both sides agree), percent (0 to 100, softmax of S with identical), units (percent of units per class, "
    "0 to 100), or what a metric names itself: share (of variance; the four sum to 1), bits, cka (1: equal)"
)
FACTORS = (
    "what is shared: static, dynamic, neither, identical; for `units` the class: dynamic, static, joint, residual, dead; for "
    "`share`: content, appearance, dynamics, interaction, order_dependence, style_dependence"
)
LAYER_SCORE = {
    "dataset": (text, "data set the clips come from"),
    "model": (text, "network"),
    "training": (text, "where its weights come from"),
    "metric": (text, "the score's plug-in"),
    "layer": (text, "layer"),
    "depth": (count, "rank of the layer in the network, from 0"),
    "stream": (text, "stream of a network of several, e.g. slow or fast; null in a network of one"),
    "quantity": (text, QUANTITIES),
    "factor": (text, FACTORS),
    "perturbation": (text, "perturbation of dynamics that the pairs rest on; the config's first is the main one"),
}

TABLES = {
    "clips": {
        "clip": (text, "clip, unique in the data set: video@start"),
        "video": (text, "the video it was cut from, as named in the manifest; the unit of resampling"),
        "label": (text, "class of the clip, from the manifest or the folder; null where unknown"),
        "split": (text, "part of the data set, from the manifest; null where unknown"),
        "start_s": (seconds, "first frame, seconds from the start of the video"),
        "fps": (rate, "frames per second of the clip"),
        "n_frames": (count, "number of frames of the clip"),
        "sha256": (text, "sha256 of the bytes of its frames as they are stored: equal where it was decoded alike"),
    },
    "rejected": {
        "video": (text, "video, as named in the manifest"),
        "label": (text, "class of the segment, as in the manifest; null where it is unknown"),
        "start_s": (seconds, "start of the rejected segment, seconds; null means the start of the video"),
        "reason": (text, "why no clip could be cut from it"),
        "fits_fps": (
            rate,
            "the least `clip: fps` at which a segment that is too short would hold a clip; null where none up to the video's own "
            "would, and for other reasons",
        ),
    },
    "training": {
        "step": (count, "number of optimiser steps done"),
        "quantity": (text, "what is recorded, e.g. the name of a loss term"),
        "value": (real, "its mean since the last row"),
    },
    "training_curve": {
        "model": (text, "network trained"),
        "dataset": (text, "data set it was trained on"),
        "step": (count, "number of optimiser steps done"),
        "epoch": (positive, "the same in passes through the training split"),
        "split": (text, "train: mean since the last row, of clips augmented as they were shown; or the held-out split"),
        "quantity": (text, "loss (cross-entropy, nats) or top1 (share of clips named rightly)"),
        "value": (positive, "its mean"),
        "n": (count, "clips the mean rests on"),
        "n_videos": (count, "videos that these clips were cut from"),
    },
    "quality": {
        "style": (text, "style measured; `original` for what the clips themselves allow"),
        "other": (text, "the style compared with; null where the style is compared with its source"),
        "quantity": (
            text,
            "luminance_correlation, gradient_agreement, flow_correlation, flow_error_px or warp_ratio; of the original "
            "flow_repeatability: the correlation of its flow with that under noise of -1, 0 or 1 in every value",
        ),
        "value": (real, "mean over the measured clips"),
        "bound": (real, "the configured bound it is held against; null where there is none"),
        "warning": (text, "what is wrong when the bound is passed; null otherwise"),
        "n_clips": (count, "number of clips measured; of flow_correlation those that move, and whose flow repeats to .9"),
    },
    "flow_errors": {
        "dataset": (text, "data set of rendered videos, whose flow is known exactly"),
        "estimator": (text, "flow estimator, as named in the config"),
        "region": (text, "`moving`: pixels of the sprite; `still`: of the scene behind it"),
        "error_px": (pixels, "mean distance of the estimated from the true end point, pixels"),
        "motion_px": (pixels, "mean length of the true flow, pixels: the error of an estimate of no motion"),
        "outliers": (share, "share of pixels whose error is above 3 pixels and above 5 % of the true motion"),
        "n_pixels": (large_count, "pixels the means rest on, all frames together"),
        "n_clips": (count, "clips they come from"),
    },
    "variants": {
        "variant": (text, "clip/style/dynamics, +aug and its number where augmented: exactly what a network sees"),
        "clip": (text, "clip it is made of"),
        "style": (text, "appearance; `original` is the unstylized clip"),
        "dynamics": (text, "`natural`, or the perturbation and the number of its draw"),
        "perturbation": (text, "perturbation of the dynamics with its options; null for natural order"),
        "frame_order": (frame_list, "clip frames in the order shown; 0..n-1 is natural"),
        "flow_hue": (numbers, "per frame, hue shift of the flow image in turns; null without jitter"),
        "flow_saturation": (numbers, "per frame, saturation factor of the flow image; null without jitter"),
        "augmentation": (count, "number of the augmentation draw; null means none"),
        "crop": (shares, "top, left and side of the augmentation's crop, shares of the frame; null without"),
    },
    "pairs": {
        "pair": (text, "pair, unique in the data set"),
        "crossing": (text, "two styles x two dynamics of one clip; for identical pairs the one style and natural order"),
        "clip": (text, "clip both sides are made of"),
        "video": (text, "video of the clip"),
        "label": (text, "class of the clip; null where unknown"),
        "factor": (text, "what the two sides share: static, dynamic, neither or identical"),
        "perturbation": (text, "perturbation of dynamics of the crossing, with its options; null for identical pairs"),
        "primary": (flag, "true for the pair the paper would use, one per crossing and factor"),
        "variant_a": (text, "side a"),
        "variant_b": (text, "side b"),
    },
    "models": {
        "model": (text, "network, as named in the config"),
        "training": (text, "where its weights come from: `control`, `untrained`, `c2d twin of` a model, or the file"),
        "derived_from": (text, "the model whose floor this one is; null for a model of its own"),
        "derivation": (text, "what was made of it: random_weights or c2d_twin"),
        "checkpoint_of": (text, "the training of this config that the weights are a checkpoint of; null for others"),
        "step": (count, "steps of that training"),
        "trained_on": (
            text,
            "GPU or processor that ended the training, of weights trained here; a c2d_twin has its source's; else null",
        ),
        "weights_sha256": (text, "sha256 over the names and bytes of its tensors"),
        "parameters": (count, "number of parameters"),
        "gflop": (
            positive,
            "billions of operations of one forward pass of one clip, a multiplication and an addition counted as two",
        ),
        "outputs": (count, "class scores it gives for a clip; null where its output is none"),
        "frames": (count, "frames it is shown"),
        "stride": (text, "clip frames between them, or `spread`"),
        "sampling": (text, "how frames and their order reach its pathways, as in the config"),
        "short_side": (count, "pixels to which the short side of a clip is resized; null takes clips as they are"),
        "size": (count, "side in pixels of the square then cropped from its centre, the input; null takes clips as they are"),
        "pooling": (text, "how a layer's output becomes one value per unit, as in the config"),
        "layer": (text, "layer"),
        "depth": (count, "rank of the layer in the network, from 0"),
        "stream": (text, "stream of a network of several, e.g. slow or fast; null in a network of one"),
        "units": (count, "units of the layer"),
        "averaged_over": (
            text,
            "what a unit's value for a clip is the mean of: axes of the layer's output, as `8 x 28 x 28`, tokens or rows that are "
            "frames; null where the layer gives that one value",
        ),
        "module": (text, "path of the layer's module in the network"),
        "note": (text, "what to know of the network before it is shown clips; null where nothing"),
    },
    "accuracy": {
        "dataset": (text, "data set the clips come from"),
        "model": (text, "network"),
        "training": (text, "where its weights come from"),
        "style": (text, "appearance; `original` is the unstylized clip"),
        "perturbation": (text, "perturbation of dynamics, all its draws; null for natural order"),
        "quantity": (
            text,
            "top1: share of variants named by their clip's class; reversal: the same, of those named by it or by its time reversal",
        ),
        "value": (share, "the share; null where no label is a class of the network"),
        "low": (share, "lower end of its Wilson interval, as if the clips of a video were right or wrong together"),
        "high": (share, "upper end of it"),
        "chance": (share, "what guessing would give: 1 / number of classes; for a reversal 1/2"),
        "n_clips": (count, "clips the value rests on; those that the network was trained on here are left out"),
        "n_videos": (count, "videos the value rests on"),
        "n_unlabelled": (count, "clips left out because they have no label"),
        "n_unknown": (count, "clips left out because their label is no class of the network"),
        "unknown": (text, "these labels"),
    },
    "scores": {
        "dataset": (text, "data set the clips come from"),
        "model": (text, "network"),
        "training": (text, "where its weights come from; `untrained` for random weights, `control` where there are none to train"),
        "metric": (text, "the score's plug-in"),
        "layer": (text, "layer"),
        "depth": (count, "rank of the layer in the network, from 0"),
        "stream": (text, "stream of a network of several, e.g. slow or fast; null in a network of one"),
        "unit": (count, "unit of the layer; null for the whole layer"),
        "quantity": (text, QUANTITIES),
        "factor": (text, FACTORS),
        "perturbation": (text, "perturbation of dynamics that the pairs rest on; the config's first is the main one"),
        "value": (real, "the score; NaN for a unit that never varies"),
        "low": (real, "lower end of its bootstrap interval over videos; null without one, and where a draw has no score"),
        "high": (real, "upper end of its interval; for `units` both hold where true scores are spread wider than noise"),
        "q": (share, "for a unit's S: false discovery rate (Benjamini-Hochberg within layer and factor) against re-paired videos"),
        "n_units": (count, "units of the layer"),
        "n_dead": (count, "units of the layer without a score of some factor, because they never vary"),
        "n_pairs": (count, "pairs the value rests on, of each factor"),
        "n_clips": (count, "clips the value rests on"),
        "n_videos": (count, "videos the value rests on"),
        "derived_from": (text, "the model whose floor this one is; null for a model of its own"),
        "derivation": (text, "what was made of it: random_weights or c2d_twin"),
        "checkpoint_of": (text, "the training of this config that the weights are a checkpoint of; null for others"),
        "step": (count, "steps of that training"),
        "frames": (count, "frames the network is shown"),
        "stride": (text, "clip frames between them, or `spread`"),
        "precision": (text, "what it was computed in: float32, bfloat16 or float16, or two of them where its shards differ"),
        "n_crossings_left_out": (count, "crossings dropped because the order shown is too near the natural one"),
    },
    "units": {
        "dataset": (text, "data set the clips come from"),
        "model": (text, "network"),
        "metric": (text, "the score's plug-in"),
        "layer": (text, "layer"),
        "depth": (count, "rank of the layer in the network, from 0"),
        "class": (
            text,
            "what the unit is most of in its layer: dynamic, static, joint or residual; a class without units has no rows",
        ),
        "unit": (count, "unit of the layer"),
        "static": (real, "its static S"),
        "dynamic": (real, "its dynamic S"),
        "rank": (count, "1 for the clip that drives it hardest, and so on; at most one clip of a video"),
        "clip": (text, "the clip"),
        "activation": (real, "the unit's mean activation over the clip's variants in natural order"),
        "deviations": (real, "the same in standard deviations over clips from their mean"),
    },
    "previews": {
        "clip": (text, "clip"),
        "video": (text, "video it was cut from"),
        "label": (text, "class of the clip; null where unknown"),
        "width": (count, "width of one moment, pixels"),
        "height": (count, "height of one moment, pixels"),
        "moments": (count, "moments of the clip, evenly spread, that stand side by side"),
        "jpeg": (picture, "these, one JPEG picture"),
    },
    "published": {
        "figure": (text, "figure or table of the publication"),
        "network": (text, "network, as published"),
        "trained_on": (text, "data set it was trained on, as published"),
        "probed_on": (text, "data set it was shown, as published"),
        "published_layer": (text, "layer, as published; null where none is noted"),
        "quantity": (text, "percent, S, units, mIoU, or relative_top1: change of top-1 with training on shuffled frames, percent"),
        "factor": (text, "what is encoded, or the class of units; `shuffled` for relative_top1"),
        "published": (real, "the published number"),
        "uncertainty": (positive, "what reading it off a figure allows, to both sides; null where it is printed"),
        "note": (text, "where the published number comes from, if not printed"),
        "dataset": (text, "our data set; null where the config names no counterpart"),
        "model": (text, "our network"),
        "training": (text, "where its weights come from"),
        "layer": (text, "our layer"),
        "metric": (text, "the plug-in of our score, or top1"),
        "value": (real, "our number; null where there is no counterpart"),
        "low": (real, "lower end of its interval"),
        "high": (real, "upper end of it"),
        "n_videos": (count, "videos it rests on"),
        "reason": (text, "why there is no number of ours"),
    },
    "draws": {
        **LAYER_SCORE,
        "n_videos": (count, "videos in each draw: all of them in a bootstrap, fewer in subsets"),
        "crossings": (text, "digest of the crossings compared: draws that share it rest on the same clips, drawn alike"),
        "kind": (text, "`bootstrap` (with replacement) or `subset` (without)"),
        "value": (real, "the score on all videos"),
        "draws": (numbers, "the score on each draw; for `units` in a bootstrap, by draws of true scores"),
    },
    "segmentation": {
        "dataset": (text, "data set the clips come from"),
        "model": (text, "network"),
        "training": (text, "where its weights come from"),
        "style": (text, "appearance of the frames; `original` is the unstylized clip"),
        "perturbation": (text, "perturbation of dynamics; null for natural flow"),
        "quantity": (text, "J: region similarity; F: boundary accuracy (both DAVIS); box: overlap of boxes (MoCA)"),
        "video": (text, "video, the unit of resampling"),
        "value": (
            share,
            "mean over its annotated clips, of the frames that the network was shown; null where none of them has a mask",
        ),
        "chance": (
            share,
            "what a mask of everything scores on the same clips, for J the share of the frame that is object; of all annotated "
            "frames, and of whole ones, where the network may see a crop; null for F, for such a mask has no boundary",
        ),
        "n_clips": (count, "clips it rests on"),
    },
    "claims": {
        "claim": (text, "what the config claims"),
        "measure": (
            text,
            "what its values are: metric, quantity and factor of a score, or where another quantity comes from",
        ),
        "dataset": (text, "data set of the scores or accuracies; null for what was measured in training"),
        "expect": (text, "more: above zero; equal: no different from zero"),
        "value": (real, "mean of the first group of networks less that of the second"),
        "low": (real, "lower end of its interval over videos"),
        "high": (real, "upper end of it"),
        "paired": (flag, "whether all networks share their draws of videos; where not, the interval is wide rather than narrow"),
        "agree": (
            share,
            "share of pairs of networks, one of each group, that differ upwards; null where none is expected",
        ),
        "n_networks": (count, "networks in both groups"),
        "n_videos": (count, "videos the least measured of them rests on"),
        "verdict": (text, "holds or fits, contradicted, or undecided where the interval holds zero"),
    },
    "stability": {
        **LAYER_SCORE,
        "n_videos": (count, "number of videos"),
        "value": (real, "mean score of sets of so many videos"),
        "low": (real, "lower end of the interval that separate sets of so many videos span"),
        "high": (real, "upper end of it"),
        "n_subsets": (count, "subsets measured; null for all videos, where the ends are the bootstrap's"),
    },
    "differences": {
        "dataset": (text, "data set the clips come from"),
        "metric": (text, "the score's plug-in"),
        "quantity": (text, QUANTITIES),
        "factor": (text, FACTORS),
        "perturbation": (text, "perturbation of dynamics that the pairs rest on; the config's first is the main one"),
        "comparison": (
            text,
            "`networks` (last layers of two), `same layer` (of one name in two, last ones too) or `layers` (two of one network)",
        ),
        "model_a": (text, "network of the first score"),
        "layer_a": (text, "its layer"),
        "stream_a": (text, "its stream; null in a network of one"),
        "model_b": (text, "network of the second score"),
        "layer_b": (text, "its layer"),
        "stream_b": (text, "its stream; null in a network of one"),
        "training_a": (text, "where the first network's weights come from"),
        "training_b": (text, "where the second network's weights come from"),
        "value": (real, "first score less the second; null where one of them is"),
        "low": (
            real,
            "lower end of the interval from draws of videos, which are paired where both rest on the same",
        ),
        "high": (real, "upper end of it"),
        "n_videos": (count, "videos that the difference rests on, of the score with fewer"),
        "same_crossings": (
            flag,
            "false where one lacks crossings of the other, too near natural order as it saw them; null without a value",
        ),
        "reason": (text, "why there is no difference; null where there is one"),
    },
    "centre_bias": {
        "dataset": (text, "data set"),
        "height": (count, "rows of the map"),
        "width": (count, "columns of the map"),
        "map": (numbers, "mean mask, row by row, every video counted alike, as a share of its highest value"),
        "spread": (
            positive,
            "root of the mean squared distance of foreground from the centre, in half diagonals; .577 if alike everywhere",
        ),
        "low": (positive, "lower end of its bootstrap interval over videos; null of fewer than 3"),
        "high": (positive, "upper end of it"),
        "n_videos": (count, "videos with annotated frames"),
        "n_frames": (count, "annotated frames"),
        "n_empty": (count, "of these, frames without foreground"),
        "n_without": (count, "frames of clips that have no annotation, which are left out"),
    },
    "lambda_sweep": {
        **LAYER_SCORE,
        "lambda": (similarity, "threshold at which a unit encodes a factor"),
        "value": (percent, "percent of the layer's units in the class"),
        "low": (percent, "lower end of its bootstrap interval over videos; null without draws"),
        "high": (percent, "upper end of it"),
        "n_units": (count, "units of the layer"),
        "n_videos": (count, "videos the units' scores rest on"),
    },
}
