"""Training a network by gradient descent: schedule, one step, and the state it needs to go on."""

import math

import torch

from workflow.parts.preprocessing import preprocess
from workflow.parts.seeding import seed_of


def learning_rate(step, steps, warm_up, highest):
    """Learning rate of step 0..steps-1: a line up to `highest` at the last of `warm_up` steps, then half a cosine towards 0.

    Loshchilov and Hutter (SGDR, ICLR 2017), Eq. 5 without restarts; warm-up as in Goyal et al. (2017), Sec. 2.2, from 0.
    """
    if step < warm_up:
        return highest * (step + 1) / warm_up
    return highest * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up)))


def optimiser_of(module, settings):
    """SGD with Nesterov momentum, or AdamW. ASSUME: norms, biases and other vectors have no weight decay."""
    groups = [[p for p in module.parameters() if (p.ndim > 1) is matrices] for matrices in (True, False)]
    groups = [{"params": g, "weight_decay": d} for g, d in zip(groups, (settings["weight_decay"], 0), strict=True) if g]
    if settings["optimiser"] == "adamw":
        return torch.optim.AdamW(groups, lr=settings["learning_rate"])
    momentum = settings["momentum"]
    return torch.optim.SGD(groups, lr=settings["learning_rate"], momentum=momentum, nesterov=momentum > 0)


def half_precision(device, wanted):
    """The type of mixed precision: bfloat16 or, on older GPUs, float16; None on the CPU and where it is not `wanted`."""
    if device.type != "cuda" or wanted == "never":
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def fastest_format(module):
    """How a network's kernels are best laid out: as frames are stored, colours last, for kernels over space and time."""
    over_time = all(parameter.ndim != 4 for parameter in module.parameters())
    return torch.channels_last_3d if over_time else torch.preserve_format


class Training:
    """A network, its optimiser, and `steps` steps to do; the first `warm_up` raise the learning rate."""

    def __init__(self, network, objective, settings, steps, warm_up, seed, device):
        self.network, self.objective, self.settings, self.seed, self.device = network, objective, settings, seed, device
        self.steps, self.warm_up = steps, warm_up
        self.module = network.module.to(device, memory_format=fastest_format(network.module))
        self.optimiser = optimiser_of(self.module, settings)
        self.half = half_precision(device, settings["mixed_precision"])
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.half is torch.float16)

    def step(self, k, videos, targets):
        """Do step `k`, from 0, on a batch: (loss, sum over clips of the measure). A loss that is not finite changes nothing."""
        torch.manual_seed(seed_of(self.seed, "training step", k))  # dropout
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(k, self.steps, self.warm_up, self.settings["learning_rate"])
        buffers = [buffer.clone() for buffer in self.module.buffers()]
        self.module.train()
        output, targets = self.output(videos), targets.to(self.device)
        loss = self.objective.loss(output, targets)
        value = loss.item()
        if math.isfinite(value):
            self.optimiser.zero_grad(set_to_none=True)
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimiser)
            self.scaler.update()
        else:  # the statistics of batch norm have seen it
            for buffer, before in zip(self.module.buffers(), buffers, strict=True):
                buffer.copy_(before)
        self.module.eval()
        return value, self.objective.measured(output, targets)

    @torch.inference_mode()
    def judge(self, videos, targets):
        """Sums over the clips of a batch of their losses and of the measure."""
        output, targets = self.output(videos), targets.to(self.device)
        return self.objective.plain_loss(output, targets).item() * len(targets), self.objective.measured(output, targets)

    def output(self, videos):
        """What the network gives for uint8 videos [clip, frame, height, width, rgb], one per pathway."""
        network = self.network
        videos = [preprocess(v.to(self.device, non_blocking=True), network) for v in videos]
        with torch.autocast(self.device.type, self.half, enabled=self.half is not None):
            return network(videos)

    def is_finite(self):
        """Whether no weight and no batch-norm statistic has become infinite or NaN."""
        return all(bool(t.isfinite().all()) for t in self.module.state_dict().values() if t.is_floating_point())

    def parts(self):
        return {"module": self.module, "optimiser": self.optimiser, "scaler": self.scaler}

    def state(self):
        """Everything that training changes, by name."""
        return {name: part.state_dict() for name, part in self.parts().items()}

    def restore(self, state):
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
