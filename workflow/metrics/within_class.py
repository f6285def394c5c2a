"""Pearson similarity within classes: what the sides share beyond the class of the clip."""

import numpy as np

from workflow.lib.errors import BadInput
from workflow.parts.moments import correlation, drawn, mean_of_known, moments_of
from workflow.parts.video_sums import VideoSums, need_pairs, videos_of

PAIRS, QUANTITY, RESAMPLES = "primary", "S", True


def score(sides, pairs=None, weights=None):
    """Layer and unit similarity per factor, class means removed from each side of each factor.

    sides[factor] = (a, b), float [pair, unit]; pairs[factor] the rows of the pair table in the same order; weights
    [draw, video] resample videos. Returns ({factor: S}, {factor: s [unit]}), with a leading draw axis where weights come.
    A unit that is constant within every class, on one side, scores NaN; the layer is the mean over the other units. Only
    the pairs of `kept` are used. BadInput where labels are missing or no class has two clips.
    ASSUME: draws keep the class means of the full sample.
    """
    if pairs is None:
        raise BadInput("within_class needs the pair table for the clips' labels; none came")
    need_pairs(sides, sides)
    sides, rows, classes = used(sides, pairs)
    if weights is not None:  # a video whose clips are all left out has no pairs to weight
        weights = np.asarray(weights)[:, np.isin(videos_of(pairs), videos_of(rows))]
    moments = moments_of(sides, rows, weights, lambda values, factor: without_class_means(values, classes[factor]))
    units = {factor: correlation(m) for factor, m in moments.items()}
    return drawn({f: mean_of_known(s) for f, s in units.items()}, weights), drawn(units, weights)


def used(sides, pairs):
    """Sides and pair rows of the pairs of `kept`, and the number of each pair's class: three dicts by factor."""
    use = {factor: kept(own) for factor, own in pairs.items()}
    sides = {f: both if use[f].all() else tuple(side[use[f]] for side in both) for f, both in sides.items()}
    rows = {factor: own[use[factor]] for factor, own in pairs.items()}
    return sides, rows, {factor: np.unique(own["label"].to_numpy(str), return_inverse=True)[1] for factor, own in rows.items()}


def prepared(sides, pairs):
    """What is correlated, for tests against re-paired videos: sides less their class means, and their pair rows."""
    sides, rows, classes = used(sides, pairs)
    return {f: tuple(without_class_means(side, classes[f]) for side in both) for f, both in sides.items()}, rows


def kept(pairs):
    """Which rows of a pair table are used: those of classes with two clips or more, bool [pair].

    A class of one clip is its own mean and leaves nothing within. BadInput where a label is missing or no row is left.
    """
    unlabelled = pairs["label"].isna()
    if unlabelled.any():
        raise BadInput(
            f"{pairs.loc[unlabelled, 'clip'].nunique()} clips have no label, the first is {pairs.loc[unlabelled, 'clip'].iloc[0]};"
            " within_class needs the label of every clip"
        )
    use = (pairs.groupby("label")["clip"].transform("nunique") > 1).to_numpy()
    if not use.any():
        raise BadInput(f"none of the {pairs['label'].nunique()} classes has two clips; within_class needs two clips of a class")
    return use


def without_class_means(values, classes):
    """Values [pair, unit] less their mean over the pairs of the class; classes: number of each pair's class, from 0.

    The class's first value goes first, so that what is constant within a class comes out as exactly 0.
    """
    first = np.unique(classes, return_index=True)[1]
    values = values.astype(np.float64) - values[first][classes]
    groups = VideoSums(classes, np.ones((1, len(first))))
    means = groups.per_video(groups.arrange(values)) / np.bincount(classes)[:, None]
    return values - means[classes]
