"""Unit classes at every threshold, with their intervals: does a finding hang on lambda?"""

import numpy as np
import pandas as pd

from workflow.parts.resampling import interval
from workflow.parts.similarity import class_draws, class_percentages

THRESHOLDS = np.round(np.arange(-0.5, 1.0, 0.05), 2)


def sweep_classes(units, unit_draws, settings, n_videos):
    """Percent of a layer's units in each class at every threshold, and its draws at the threshold in use.

    units: factor -> score [unit]; unit_draws: factor -> [draw, unit] of a bootstrap over so many videos, or None. Returns a
    table with the columns `lambda`, `factor`, `value`, `low` and `high`, which are NaN without draws, and class -> [draw].
    """
    thresholds = np.union1d(THRESHOLDS, settings["lambda"])
    draws = class_draws(units, unit_draws, thresholds) if unit_draws else {}
    tables = []
    for name, percent in class_percentages(units, thresholds).items():
        ends = np.nan, np.nan
        if name in draws:
            ends = interval(draws[name].T, percent, settings["confidence"], n_videos, "units")
        columns = {"value": percent, "low": ends[0], "high": ends[1]}
        tables.append(pd.DataFrame({"lambda": thresholds, "factor": name, **columns}))
    used = np.searchsorted(thresholds, settings["lambda"])
    return pd.concat(tables, ignore_index=True), {name: each[used] for name, each in draws.items()}
