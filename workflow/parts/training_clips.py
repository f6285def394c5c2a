"""The clips of a training: what a network is shown of them at every step, and what it is to say of them."""

import re
from dataclasses import dataclass

import numpy as np
import torch

from workflow.lib.arrays import UNANNOTATED
from workflow.lib.errors import BadInput
from workflow.parts.augmentation import cropped, cropped_masks
from workflow.parts.class_lists import key
from workflow.parts.pathways import pathway_sets, reads_of, shown_by_pathway
from workflow.parts.preprocessing import shown_masks
from workflow.parts.seeding import generator

SIDED = re.compile(r"left|right|clockwise", re.IGNORECASE)  # labels that a mirror image makes wrong


@dataclass
class Shard:
    """Stores of a shard's clips: frames [clip, ...], masks [clip, ...] and, by the name of the flow, its FlowPictures."""

    frames: np.ndarray
    masks: np.ndarray
    flows: dict


def check_labels(train, held_out, flip):
    """Labels of the training clips, sorted; BadInput for fewer than two, for one that is held out alone, and for wrong mirrors."""
    labels = sorted(set(train["label"]))
    if len(labels) < 2:
        raise BadInput(f"all clips of the training split are '{labels[0]}': at least two classes are needed")
    if missing := sorted(set(held_out["label"]) - set(labels)):
        raise BadInput(f"the class '{missing[0]}' is held out for validation, but no clip of the training split has it")
    if len({key(label) for label in labels}) < len(labels):
        raise BadInput(f"labels differ only in case, spaces or signs, so that they cannot be told apart: {', '.join(labels)}")
    if flip and (sided := [label for label in labels if SIDED.search(label)]):
        raise BadInput(f"flip mirrors clips left to right, which makes the label '{sided[0]}' wrong: set flip: false")
    return labels


def annotated(clips, shards, network, sampling):
    """The clips with a mask in a frame that the network is to segment; BadInput where the data set has no masks."""
    if not all(len(shard.masks) == len(shard.frames) for shard in shards):
        raise BadInput("masks were needed to learn from; the data set has none: see `masks` in the schema")
    shown = pathway_sets(shards[0].frames.shape[1], network, sampling)[0]
    places = zip(clips["store"], clips["row"], strict=True)
    known = np.array([(shards[store].masks[row][shown] != UNANNOTATED).any() for store, row in places], bool)
    if not known.all():
        print(f"{(~known).sum()} of {len(known)} clips have no mask in the frames shown and are left out")
    if not known.any():
        raise BadInput("none of the clips has a mask in the frames that the network is shown")
    return clips[known].reset_index(drop=True)


class ClipBatches:
    """What a network is shown of some clips; everything drawn is keyed by (seed, epoch, clip), so nothing depends on the past.

    clips: their table with the column `store`, the number of the shard, and `row`, the clip's row in it; shards: list of Shard;
    classes: names of the outputs, None for a network that learns masks.
    """

    def __init__(self, clips, shards, classes, network, sampling, settings, seed):
        index = {key(name): i for i, name in enumerate(classes or [])}
        self.n_videos = clips["video"].nunique()
        self.names, self.places = list(clips["clip"]), list(zip(clips["store"], clips["row"], strict=True))
        self.classes = torch.tensor([index[key(label)] for label in clips["label"]]) if classes else None
        self.shards, self.settings, self.sampling, self.seed = shards, settings, sampling, seed
        self.n_frames = shards[self.places[0][0]].frames.shape[1]
        self.network, self.reads = network, reads_of(network)
        self.sets = pathway_sets(self.n_frames, network, sampling)

    def __len__(self):
        return len(self.names)

    def draw(self, step):
        """The batch of training step `step`, from 0: (uint8 videos of every pathway, targets [clip, ...]).

        Every clip comes once before any comes twice; a batch may reach over the end of an epoch.
        """
        size, n = self.settings["batch"], len(self)
        places = [divmod(i, n) for i in range(step * size, (step + 1) * size)]
        epochs = {epoch: generator(self.seed, "training epoch", epoch).permutation(n) for epoch in {e for e, _ in places}}
        return self.batch([(int(epochs[epoch][i]), epoch) for epoch, i in places])

    def plain(self, start):
        """A batch of clips as they are, from clip number `start`: (uint8 videos of every pathway, targets [clip, ...])."""
        return self.batch([(row, None) for row in range(start, min(start + self.settings["batch"], len(self)))])

    def batch(self, chosen):
        """Videos, one uint8 tensor [clip, frame, height, width, rgb] per pathway, and targets of some (clip, epoch)."""
        videos, masks = zip(*(self.look(*one) for one in chosen), strict=True)
        videos = [torch.from_numpy(np.stack(pathway)) for pathway in zip(*videos, strict=True)]
        if self.classes is not None:
            return videos, self.classes[[clip for clip, _ in chosen]]
        return videos, shown_masks(torch.from_numpy(np.stack(masks)), self.network)

    def look(self, clip, epoch):
        """One clip's frames or pictures of flow, one array per pathway, and its masks (None for a network that names classes).

        Augmented as drawn for `epoch`, or as it is for None.
        """
        shown = shown_by_pathway(self.frame_order(clip, epoch), self.sets, self.sampling)
        crop, flip = (None, False) if epoch is None else self.augmentation(clip, epoch)
        store, row = self.places[clip]
        shard, videos = self.shards[store], []
        for read, own in zip(self.reads, shown, strict=True):
            frames = shard.frames[row][own] if read == "frames" else shard.flows[read].shown(row, own, mirrored=flip)
            videos.append(cropped(frames, crop)[:, :, :: -1 if flip else 1])
        if self.classes is not None:
            return [np.ascontiguousarray(own) for own in videos], None
        masks = cropped_masks(shard.masks[row][shown[0]], crop)[:, :, :: -1 if flip else 1]
        return [np.ascontiguousarray(own) for own in videos], np.ascontiguousarray(masks)

    def frame_order(self, clip, epoch):
        """The order in which a clip's frames are shown: natural, or any permutation, for held-out clips always the same."""
        if self.settings["frame_order"] == "natural":
            return np.arange(self.n_frames)
        return generator(self.seed, "training order", epoch, self.names[clip]).permutation(self.n_frames)

    def augmentation(self, clip, epoch):
        """A random crop ([top, left, side], shares of the frame, or None) and whether the clip is mirrored."""
        rng = generator(self.seed, "training look", epoch, self.names[clip])
        side = rng.uniform(self.settings["crop"], 1)
        crop = None if self.settings["crop"] == 1 else [*rng.uniform(0, 1 - side, 2).tolist(), float(side)]
        return crop, self.settings["flip"] and rng.random() < 0.5
