"""Means over videos, the unit of resampling, and how sure they are."""

import numpy as np

from workflow.parts.resampling import bootstrap_parts, bootstrap_weights, interval

DRAWS, FEWEST = 1000, 3  # bootstrap draws; videos that an interval can rest on


def mean_draws(values, videos):
    """Mean and bootstrap draws [draw] of the values of some videos [video, ...]; draws are keyed by the videos' names."""
    drawn = list(videos), DRAWS, "mean over videos"
    # Of one column the sums are to the bit the same in parts, which take less memory; of several BLAS would add up otherwise.
    parts = bootstrap_parts(*drawn) if values.ndim == 1 else [bootstrap_weights(*drawn)]
    return values.mean(0), np.concatenate([np.divide(part, len(videos), out=part) @ values for part in parts])


def mean_over_videos(values, videos, confidence):
    """Mean over videos and its interval: (value, low, high), the ends NaN for fewer than FEWEST videos."""
    value, draws = mean_draws(np.asarray(values, float), videos)
    low, high = interval(draws, value, confidence, len(videos)) if len(videos) >= FEWEST else (np.nan, np.nan)
    return float(value), float(low), float(high)
