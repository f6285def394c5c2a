"""One optimiser step of few-shot patch-based training, and the state it needs to go on (Texler et al., SIGGRAPH 2020)."""

from functools import lru_cache

import numpy as np
import torch
from torch.nn import functional as F

from workflow.lib.errors import BadInput
from workflow.parts.generator import Discriminator, Generator
from workflow.parts.perceptual import Perceptual
from workflow.parts.seeding import generator, seed_of

PERCEPTUAL = 6


class Patches:
    """Square patches of the keyframes; every centre comes once before any comes twice.

    ASSUME: patches lie wholly inside a frame, where the paper erodes a mask by 7 pixels.
    """

    def __init__(self, keyframes, size, seed):
        if min(keyframes.shape[2:4]) < size:
            raise BadInput(f"the keyframes are {keyframes.shape[2:4]} (height, width), too small for patches of {size} pixels")
        self.windows = np.lib.stride_tricks.sliding_window_view(keyframes, (size, size), axis=(2, 3))
        self.places = [self.windows.shape[axis] for axis in (0, 2, 3)]  # keyframe, y, x
        self.total = int(np.prod(self.places))
        self.order = lru_cache(2)(lambda epoch: generator(seed, "patches", epoch).permutation(self.total))

    def draw(self, step, batch):
        """The batch of `step`: uint8 [patch, (source, painted), rgb, y, x]; it depends on nothing drawn before."""
        numbers = [self.order(n // self.total)[n % self.total] for n in range(step * batch, (step + 1) * batch)]
        keyframe, y, x = np.unravel_index(numbers, self.places)
        return self.windows[keyframe, :, y, x]


class PatchTraining:
    """Generator, discriminator and their optimisers; keyframes [keyframe, (source, painted), height, width, rgb]."""

    def __init__(self, keyframes, settings, seed, device="cpu"):
        self.settings, self.device = settings, device
        self.patches = Patches(keyframes, settings["patch"], seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_of(seed, "style network"))
            networks = Generator(settings["width"], settings["last_kernel"]), Discriminator()
        self.painter, self.judge = (n.to(device, memory_format=torch.channels_last) for n in networks)
        path = settings["perceptual_weights"]
        self.perceptual = Perceptual(path).to(device) if path else None
        options = {"lr": settings["learning_rate"], "betas": (0.9, 0.999), "weight_decay": 1e-5}
        self.painter_steps = torch.optim.Adam(self.painter.parameters(), **options)
        self.judge_steps = torch.optim.Adam(self.judge.parameters(), **options)

    def step(self, k):
        """Do optimiser step `k`; returns the loss terms by name."""
        batch = torch.tensor(self.patches.draw(k, self.settings["batch"]), device=self.device).float() / 127.5 - 1
        source, truth = (batch[:, side].contiguous(memory_format=torch.channels_last) for side in (0, 1))
        fake = self.painter(source)
        terms = {}
        if self.settings["adversarial"]:
            terms["discriminator"] = self.learn_to_judge(fake.detach(), truth)
            terms["adversarial"] = ((self.judge(fake) - 1) ** 2).mean()
        terms["reconstruction"] = F.l1_loss(fake, truth)
        if self.perceptual:
            terms["perceptual"] = self.perceptual(fake, truth)
        weights = {**self.settings, "perceptual": PERCEPTUAL}
        descend(self.painter_steps, sum(weights[name] * value for name, value in terms.items() if name != "discriminator"))
        return {name: value.item() for name, value in terms.items()}

    def learn_to_judge(self, fake, truth):
        """One least-squares step of the discriminator: 1 for painted patches, 0 for the generator's."""
        loss = 0.5 * (((self.judge(truth) - 1) ** 2).mean() + (self.judge(fake) ** 2).mean())
        descend(self.judge_steps, loss)
        return loss.detach()

    def parts(self):
        """Everything that training changes, by name."""
        return {"painter": self.painter, "judge": self.judge, "painter_steps": self.painter_steps, "judge_steps": self.judge_steps}

    def state(self):
        return {name: part.state_dict() for name, part in self.parts().items()}

    def restore(self, state):
        for name, part in self.parts().items():
            part.load_state_dict(state[name])


def descend(optimiser, loss):
    """One step down the gradient of `loss`."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
