"""The clips of a training: which, under which labels, and what a network is shown of them at every step."""

import re

import numpy as np
import torch

from workflow.lib.errors import BadInput
from workflow.parts.augmentation import cropped
from workflow.parts.class_lists import key
from workflow.parts.pathways import pathway_sets, shown_by_pathway
from workflow.parts.seeding import generator

SIDED = re.compile(r"left|right|clockwise", re.IGNORECASE)  # labels that a mirror image makes wrong


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


class ClipBatches:
    """What a network is shown of some clips; everything drawn is keyed by (seed, epoch, clip), so nothing depends on the past.

    clips: their table with the column `store`, the number of the clip store, and `row`, the clip's row in it.
    """

    def __init__(self, clips, stores, classes, network, sampling, settings, seed):
        index = {key(name): i for i, name in enumerate(classes)}
        self.n_videos = clips["video"].nunique()
        self.names, self.places = list(clips["clip"]), list(zip(clips["store"], clips["row"], strict=True))
        self.targets = torch.tensor([index[key(label)] for label in clips["label"]])
        self.stores, self.settings, self.sampling, self.seed = stores, settings, sampling, seed
        self.n_frames = stores[self.places[0][0]].shape[1]
        self.sets = pathway_sets(self.n_frames, network, sampling)

    def __len__(self):
        return len(self.names)

    def draw(self, step):
        """The batch of training step `step`, from 0: (uint8 videos of every pathway, targets [clip]).

        Every clip comes once before any comes twice; a batch may reach over the end of an epoch.
        """
        size, n = self.settings["batch"], len(self)
        places = [divmod(i, n) for i in range(step * size, (step + 1) * size)]
        epochs = {epoch: generator(self.seed, "training epoch", epoch).permutation(n) for epoch in {e for e, _ in places}}
        chosen = [(int(epochs[epoch][i]), epoch) for epoch, i in places]
        return self.videos([self.look(clip, epoch) for clip, epoch in chosen]), self.targets[[clip for clip, _ in chosen]]

    def plain(self, start):
        """A batch of clips as they are, from clip number `start`: (uint8 videos of every pathway, targets [clip])."""
        rows = range(start, min(start + self.settings["batch"], len(self)))
        return self.videos([self.look(row, None) for row in rows]), self.targets[rows.start : rows.stop]

    def videos(self, looks):
        """One uint8 tensor [clip, frame, height, width, rgb] per pathway, of a list [clip][pathway] of arrays."""
        return [torch.from_numpy(np.stack(pathway)) for pathway in zip(*looks, strict=True)]

    def look(self, row, epoch):
        """Frames of one clip, one array per pathway: augmented as drawn for `epoch`, or as it is for None."""
        shown = shown_by_pathway(self.frame_order(row, epoch), self.sets, self.sampling)
        store, place = self.places[row]
        frames = [self.stores[store][place][own] for own in shown]  # [frame, height, width, rgb]
        if epoch is None:
            return frames
        crop, flip = self.augmentation(row, epoch)
        frames = [cropped(own, crop) for own in frames]
        return [own[:, :, ::-1] if flip else own for own in frames]

    def frame_order(self, row, epoch):
        """The order in which a clip's frames are shown: natural, or any permutation, for held-out clips always the same."""
        if self.settings["frame_order"] == "natural":
            return np.arange(self.n_frames)
        return generator(self.seed, "training order", epoch, self.names[row]).permutation(self.n_frames)

    def augmentation(self, row, epoch):
        """A random crop ([top, left, side], shares of the frame, or None) and whether the clip is mirrored."""
        rng = generator(self.seed, "training look", epoch, self.names[row])
        side = rng.uniform(self.settings["crop"], 1)
        crop = None if self.settings["crop"] == 1 else [*rng.uniform(0, 1 - side, 2).tolist(), float(side)]
        return crop, self.settings["flip"] and rng.random() < 0.5
