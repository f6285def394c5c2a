"""Hostile configurations, checked as the Snakefile checks them."""

import copy
import json
from pathlib import Path

import yaml
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError

from tests.damage import choice, damaged, spoil_tree
from workflow.lib.checked_config import checked_rows

ROOT = Path(__file__).parents[1]
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
TEXTS = [
    lambda text: text + "experiment: again\n",
    lambda text: text + text,
    lambda text: BOMB + text,
    lambda text: text.replace("models:", f"{BOMB.replace('a:', 'zz:', 1)}models:", 1),
    lambda text: "x: &x {y: *x}\n" + text,
    lambda text: text + 'seed: !!python/object/apply:os.system ["touch pwned"]\n',
    lambda text: text.replace(":", ":\t", 3),
    lambda text: "- " + text,
    lambda text: "[" * 3000 + text,
    lambda text: "--- \n" + text + "--- \n" + text,
    lambda text: "",
    lambda text: "null",
    lambda text: "seed: 1\n" * 2 + text,
    lambda text: text.replace("family", "'family'", 1).replace("dataset", "dataset: shapes\n    dataset", 1),
    lambda text: "__definitions__:\n  - import os\n" + text,
]


def base(rng):
    """A sound configuration of many kinds of things, and the files that it names."""
    return {
        "experiment": "tiny",
        "seed": 0,
        "shard_size": 4,
        "clip": {"frames": 8, "fps": 12, "short_side": 64, "crop": [64, 64], "short_videos": "reject", "max_rejected": 0.2},
        "datasets": {
            "shapes": {"moving_shapes": {"videos": 8, "frames": 16, "size": 64}, "reversals": {"right": "left"}},
            "mine": {"folder": "videos", "frame_folder_fps": 24},
            "listed": {"manifest": "set.csv", "root": "videos"},
        },
        "styles": {
            "oil": {"painter": "oil"},
            "hue": {"apply": "hue", "options": {"turn": 0.25}},
            "ready": {"checkpoint": "net.safetensors"},
        },
        "style_training": {"dataset": "shapes", "keyframes": 2, "width": 0.25, "iterations": 5},
        "models": {
            "time_average": {"family": "time_average"},
            "slow": {
                "family": "resnet3d",
                "options": {"architecture": "slowonly", "width": 4, "stride": "spread", "size": 64},
                "train": {"dataset": "shapes", "checkpoints": [0, 20], "epochs": 1},
            },
            "given": {
                "family": "resnet3d",
                "options": {"architecture": "c2d"},
                "weights": "https://a.org/n.pyth",
                "sha256": "a" * 64,
            },
            "floor": {"derive": {"from": "slow", "how": "c2d_twin"}},
        },
        "pairs": {"styles": ["oil", "hue"], "dynamics": ["shuffle", {"block_shuffle": {"window": 4}}]},
        "analyses": [
            {
                "dataset": choice(rng, ["shapes", "mine", "listed"]),
                "models": ["time_average", "slow", "slow@20", "floor"],
                "metrics": ["pearson", "ratio"],
                "claims": [{"says": "so", "accuracy": "top1", "of": ["slow"], "than": 0.5}],
            }
        ],
        "plots": ["scatter"],
    }


def config_text(rng):
    """The text of a hostile configuration; one in three is spoiled as text, the others in one to three values."""
    config = base(rng)
    if rng.random() < 0.7:
        for _ in range(1 + rng.integers(2)):
            spoil_tree(rng, config)
    text = json.dumps(config) if rng.random() < 0.2 else yaml.safe_dump(config, allow_unicode=True, sort_keys=False)
    kind = rng.random()
    if kind < 0.12:
        text = choice(rng, TEXTS)(text)
    return damaged(rng, text.encode(errors="surrogatepass")) if kind > 0.9 else text.encode(errors="surrogatepass")


def config_case(rng, folder):
    """Load a hostile configuration as Snakemake does, and check it as workflow/rules/common.smk does."""
    surroundings(folder)
    Path("config.yaml").write_bytes(config_text(rng))
    try:
        config = load_configfile("config.yaml")
    except (WorkflowError, UnicodeDecodeError, RecursionError) as error:  # Snakemake's own message, before anything of ours
        return "refused", " ".join(str(error).split())
    config = copy.deepcopy(config)
    published, rows = checked_rows(config, ["config.yaml"])
    assert not Path("pwned").exists()
    json.dumps(config, allow_nan=False)  # as it goes into parameters and metadata
    assert all(len(own) >= 3 for own in rows.values())
    return "done", ""


def planned_case(rng, project):
    """(verdict, what Snakemake printed) of a dry run with a hostile configuration in a copy of the project."""
    text = config_text(rng)
    (project.folder / "config.yaml").write_bytes(text)
    status, printed = project.run("--dry-run", "--quiet")
    told = [line.strip() for line in printed.splitlines() if line.strip()]
    if status == 0:
        return "done", ""
    sentence = [line for line in told if line.startswith(("config:", "Config file", "UnicodeDecodeError", "RecursionError"))]
    return ("refused", sentence[0]) if sentence and "Traceback" not in printed else ("FAILED", printed[-3000:])


def surroundings(folder):
    """The files that a sound configuration names."""
    (folder / "videos").mkdir()
    for name in "abc":
        (folder / "videos" / f"{name}.mp4").write_bytes(b"x")
    (folder / "set.csv").write_text("video,start_s,end_s,label,split\n" + "".join(f"{name}.mp4,,,,\n" for name in "abc"))
    (folder / "net.safetensors").write_bytes(b"x")
