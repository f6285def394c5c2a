"""What a network is shown of clips: their frames in a style, and pictures of their flow."""

import numpy as np
import torch

from workflow.parts.augmentation import cropped


class ShownClips:
    """What a network is shown of a shard's variants, read from the clip stores when asked for.

    variants, clips: rows of these tables; stores: style -> clip store; shown: per variant, the clip frames of every pathway;
    reads: what every pathway is shown; flows: FlowPictures by the name of the flow; jitters: per variant, that of its flow.
    """

    def __init__(self, variants, clips, stores, shown, reads, flows, jitters):
        row_of = {clip: row for row, clip in enumerate(clips["clip"])}
        self.stores, self.shown, self.reads, self.flows, self.jitters = stores, shown, reads, flows, jitters
        looks = zip(variants["style"], variants["clip"], variants["crop"], strict=True)
        self.looks = [(style, row_of[clip], crop) for style, clip, crop in looks]

    def __len__(self):
        return len(self.looks)

    def of_pathway(self, pathway, rows):
        """The frames, or the pictures of flow, of some variants: uint8 [variant, frame, height, width, rgb]."""
        return torch.from_numpy(np.stack([self.of_variant(pathway, row) for row in rows]))

    def of_variant(self, pathway, row):
        """The frames, or the pictures of flow, of one variant: uint8 [frame, height, width, rgb]."""
        (style, clip, crop), frames, read = self.looks[row], self.shown[row][pathway], self.reads[pathway]
        if read == "frames":
            return cropped(self.stores[style][clip][frames], crop)
        # ASSUME: a crop that is resized back leaves speeds as they were, some percent too slow for its scale.
        return cropped(self.flows[read].shown(clip, frames, self.jitters[row]), crop)

    def shown_to(self, pathways, rows):
        """Clip frames in the order shown, of every pathway: a list of int [variant, frame]."""
        return [np.stack([self.shown[row][pathway] for row in rows]) for pathway in range(pathways)]
