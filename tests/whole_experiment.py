"""One small experiment in which every rule has work to do, and what of its results must be equal however it was run."""

import shutil
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import torch

from tests.copied_project import ROOT, TINY, Project
from tests.model_entry import entry
from workflow.parts.checkpoints import save_weights
from workflow.parts.generator import Generator
from workflow.parts.networks import unfilled_network
from workflow.parts.weights import draw_weights
from workflow.scripts.render_videos import render_shard

N_FILMED = 6
WEIGHTS = "fetched.safetensors"
RENDERED = {"frames": 6, "fps": 12, "size": 32, "label": "motion", "scene_bias": 0.0}
NETWORK = {"architecture": "c2d", "depth": [1, 1, 1, 1], "width": 4, "frames": 4, "stride": "spread", "size": 32}
SEGMENTER = {"depth": [1, 1, 1, 1], "width": 4}
TRAIN = {"dataset": "shapes", "epochs": 2, "batch": 4, "warm_up": 0}
SHARE = {"metric": "shares", "quantity": "share", "factor": "content"}
CONFIG = TINY | {
    "experiment": "whole",
    "shard_size": 12,
    "clip": {"frames": 4, "fps": 12, "short_side": 32, "crop": [32, 32]},
    # From the eighth on, twelve videos have a clip to train on of every class that is held out.
    "datasets": {"shapes": {"moving_shapes": RENDERED | {"videos": 12, "first": 8}}, "filmed": {"manifest": "films/manifest.csv"}},
    "styles": {"oil": {"painter": "oil"}, "ready": {"checkpoint": "ready.safetensors"}, "hue": {"apply": "hue"}},
    "style_training": {"dataset": "shapes", "keyframes": 2, "width": 0.25, "batch": 4, "iterations": 10},
    "models": {
        "small": {"family": "resnet3d", "options": NETWORK, "train": TRAIN | {"checkpoints": [2]}},
        "fetched": {"family": "fusionseg", "options": SEGMENTER},
        "masks": {"family": "fusionseg", "options": SEGMENTER, "train": TRAIN | {"learns": "masks", "from": "fetched"}},
    },
    "pairs": {"styles": ["oil", "ready", "hue"]},
    "scores": {"draws": 50, "permutations": 20, "subsets": 4},
    "analyses": [
        {
            "dataset": "filmed",
            "models": ["small"],
            "metrics": ["shares"],
            "claims": [{"says": "a network is what it is", "score": SHARE, "of": ["small"], "than": ["small"], "expect": "equal"}],
        },
        {
            "dataset": "shapes",
            "dynamics": "flow_jitter",
            "models": ["masks"],
            "metrics": ["pearson"],
            "claims": [{"says": "nothing is found without fail", "segmentation": "J", "of": ["masks"], "than": 0.99}],
        },
    ],
    "published": [
        {
            "figure": "Table 1",
            "network": "FusionSeg",
            "trained_on": "DAVIS",
            "layer": "fusion 5",
            "ours": {"dataset": "shapes", "model": "masks"},
        }
    ],
    "plots": ["lambda_sweep", "stability", "differences", "centre_bias"],
}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    """Serve a folder that holds the network's weights to be fetched; yields its address."""
    folder.mkdir(parents=True)
    network = unfilled_network(entry("fusionseg", **SEGMENTER))
    draw_weights(network, 0)
    save_weights(folder / WEIGHTS, network.module, {})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def whole_project(folder, address, **changes):
    """The project in `folder`, ready to run the whole experiment, whose weights are fetched from `address`."""
    fetched = CONFIG["models"]["fetched"] | {"weights": f"{address}/{WEIGHTS}"}
    project = Project(folder, CONFIG | {"models": CONFIG["models"] | {"fetched": fetched}} | changes)
    shutil.copytree(ROOT / "resources/published", project.folder / "resources/published")
    torch.manual_seed(0)
    save_weights(project.folder / "ready.safetensors", Generator(0.25, 3), {})
    films = project.folder / "films"
    manifest = render_shard(films, 1, RENDERED | {"first": 100}, 0, N_FILMED)
    manifest.drop(columns="masks").to_csv(films / "manifest.csv", index=False)
    return project
