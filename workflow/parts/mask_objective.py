"""Training a network to find the moving object: cross-entropy of masks, and of boundaries where it draws them."""

import numpy as np
import torch
from torch.nn import functional as F

from workflow.lib.arrays import UNANNOTATED
from workflow.lib.errors import BadInput
from workflow.parts.segmentation import Segmentation
from workflow.parts.segmentation_scores import boundary, region_similarity


class Masks:
    """Binary cross-entropy of masks; measured by region similarity J, thresholded at one half.

    Targets are uint8 [clip, frame, height, width]: 1 object, 0 none, UNANNOTATED in frames that nobody annotated.
    """

    quantity, title = "J", "J"

    def loss(self, output, targets):
        """What a training step minimises: the loss of the masks, of every further estimate of them, and the mean of boundaries'.

        Boundary loss as MATNet has it (Zhou et al., IEEE TIP 2020): the mean over the network's estimates, weight 1.
        """
        truth = self.checked(output, targets)
        losses = [cross_entropy(masks, truth) for masks in (output.masks, *output.sides)]
        total = sum(losses)
        if output.boundaries:
            edges = boundaries_of(targets).to(targets.device)
            total = total + sum(balanced_cross_entropy(own, edges) for own in output.boundaries) / len(output.boundaries)
        return total

    @torch.no_grad()
    def plain_loss(self, output, targets):
        """What is written of held-out clips: the cross-entropy of the masks alone, in nats per annotated pixel of the batch."""
        return cross_entropy(output.masks, self.checked(output, targets))

    @torch.no_grad()
    def measured(self, output, targets):
        """Sum over clips of J, a clip's mean over its annotated frames."""
        predicted, truth = (output.masks > 0).cpu().numpy(), targets.cpu().numpy()
        return float(sum(np.nanmean(region_similarity(own, known)) for own, known in zip(predicted, truth, strict=True)))

    def checked(self, output, targets):
        """The targets; BadInput for a network that gives no masks of their size."""
        if not isinstance(output, Segmentation) or output.masks.shape != targets.shape:
            came = f"masks {list(output.masks.shape)}" if isinstance(output, Segmentation) else "no masks"
            raise BadInput(f"the network gives {came}, [clip, frame, height, width] = {list(targets.shape)} was needed to train it")
        return targets


def cross_entropy(logits, targets):
    """Mean binary cross-entropy over the annotated pixels, in nats; 0 where there are none."""
    known = (targets != UNANNOTATED).float()
    each = F.binary_cross_entropy_with_logits(logits.float(), (targets == 1).float(), reduction="none")
    return (each * known).sum() / known.sum().clamp(min=1)


def balanced_cross_entropy(logits, targets):
    """The same, boundary and other pixels weighing alike in sum (Xie and Tu, HED, ICCV 2015, Eq. 2)."""
    known = targets != UNANNOTATED
    edge = (targets == 1).float()
    share = edge[known].mean() if known.any() else edge.sum()
    weights = torch.where(targets == 1, 1 - share, share) * known
    each = F.binary_cross_entropy_with_logits(logits.float(), edge, reduction="none")
    return (each * weights).sum() / known.sum().clamp(min=1)


def boundaries_of(targets):
    """Boundaries of masks [clip, frame, height, width], UNANNOTATED where those are: uint8 of the same shape."""
    masks = targets.cpu().numpy()
    edges = np.stack([np.stack([boundary(frame == 1) for frame in clip]) for clip in masks]).astype(np.uint8)
    return torch.from_numpy(np.where(masks == UNANNOTATED, UNANNOTATED, edges).astype(np.uint8))
