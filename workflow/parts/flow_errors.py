"""How far an estimated flow is from the true one."""

import numpy as np

OUTLIER = 3.0, 0.05  # pixels and share of the true motion that the error of an outlier exceeds (Menze and Geiger, CVPR 2015)


def flow_errors(estimated, exact, where):
    """Sums over the pixels `where` [...] of flows [..., (dx, dy)]: error and motion in pixels, outliers, pixels."""
    exact, estimated = (np.asarray(flow, np.float64)[where] for flow in (exact, estimated))  # [pixel, (dx, dy)]
    error, motion = np.linalg.norm(estimated - exact, axis=-1), np.linalg.norm(exact, axis=-1)
    outliers = (error > OUTLIER[0]) & (error > OUTLIER[1] * motion)
    return {"error_px": error.sum(), "motion_px": motion.sum(), "outliers": outliers.sum(), "n_pixels": len(error)}


def merged(sums):
    """Means over the pixels of several flow_errors, each of a clip: columns of table `flow_errors`; NaN where there are none."""
    total = {key: sum(each[key] for each in sums) for key in ("error_px", "motion_px", "outliers", "n_pixels")}
    pixels = total.pop("n_pixels")
    means = {key: value / pixels if pixels else np.nan for key, value in total.items()}
    return {**means, "n_pixels": pixels, "n_clips": len(sums)}
