"""How well a network segments what it is shown, while it is shown it."""

import numpy as np
import torch

from workflow.parts.preprocessing import shown_masks
from workflow.parts.segmentation import Segmentation
from workflow.parts.segmentation_scores import boundary_accuracy, box_overlap, region_similarity

SCORES = {"J": region_similarity, "F": boundary_accuracy, "box": box_overlap}


class MaskJudge:
    """Holds a network's masks of variants against the annotated ones: {name of SCORES: [variant]}, NaN without annotation.

    masks: uint8 [clip, frame, height, width], of no clips where the data set has none; rows: per variant, its clip's row;
    shown: per variant, the frames that are segmented; crops: per variant, None but for augmented ones, which are not judged.
    """

    def __init__(self, network, masks, rows, shown, crops):
        self.network, self.masks, self.rows, self.shown, self.crops = network, masks, rows, shown, crops

    def __call__(self, output, variants):
        found = {name: np.full(len(variants), np.nan) for name in SCORES}
        if not isinstance(output, Segmentation) or not len(self.masks):
            return found
        predicted = (output.masks > 0).cpu().numpy()
        for place, variant in enumerate(variants):
            if self.crops[variant] is not None:
                continue
            annotated = torch.from_numpy(self.masks[self.rows[variant]][self.shown[variant]])[None]
            annotated = shown_masks(annotated, self.network)[0].numpy()
            for name, score in SCORES.items():
                each = score(predicted[place], annotated)  # [frame]
                found[name][place] = each[~np.isnan(each)].mean() if (~np.isnan(each)).any() else np.nan
        return found
