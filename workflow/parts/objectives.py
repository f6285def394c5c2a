"""What a training minimises and by what it is measured: the class of a clip."""

import torch
from torch.nn import functional as F

from workflow.lib.errors import BadInput
from workflow.parts.networks import class_scores


class Classes:
    """Cross-entropy of class scores; measured by top-1, the share of clips named rightly."""

    quantity, title = "top1", "top-1"

    def __init__(self, settings):
        self.label_smoothing = settings["label_smoothing"]

    def scores(self, output, targets):
        """Class scores float [clip, class]; BadInput for a network that gives none."""
        scores = class_scores(output)
        if scores is None or len(scores) != len(targets):
            raise BadInput("the network gives no class scores [clip, class], so it cannot be trained")
        return scores.float()

    def loss(self, output, targets):
        """What a training step minimises: a number with a gradient, the mean over clips."""
        return F.cross_entropy(self.scores(output, targets), targets, label_smoothing=self.label_smoothing)

    @torch.no_grad()
    def plain_loss(self, output, targets):
        """Mean over clips of what is written of held-out clips: the cross-entropy as it is, in nats."""
        return F.cross_entropy(self.scores(output, targets), targets)

    @torch.no_grad()
    def measured(self, output, targets):
        """Sum over clips of what the training is measured by."""
        return float((self.scores(output, targets).argmax(1) == targets).sum())
