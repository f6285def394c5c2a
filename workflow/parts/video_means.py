"""Means over videos, the unit of resampling, and how sure they are."""

import numpy as np

from workflow.parts.resampling import bootstrap_weights, interval

DRAWS, FEWEST = 1000, 3  # bootstrap draws; videos that an interval can rest on


def mean_draws(values, videos):
    """Mean and bootstrap draws [draw] of the values of some videos [video, ...]; draws are keyed by the videos' names."""
    weights = bootstrap_weights(list(videos), DRAWS, "mean over videos")
    weights /= len(videos)  # in place: of many videos it is large
    return values.mean(0), weights @ values


def mean_over_videos(values, videos, confidence):
    """Mean over videos and its interval: (value, low, high), the ends NaN for fewer than FEWEST videos."""
    value, draws = mean_draws(np.asarray(values, float), videos)
    low, high = interval(draws, value, confidence, len(videos)) if len(videos) >= FEWEST else (np.nan, np.nan)
    return float(value), float(low), float(high)
