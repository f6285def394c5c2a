"""What is wrong with a configuration is said in one sentence before any work."""

import copy
import os
import re
import subprocess
import sys

import pytest
import yaml

from tests.copied_project import ROOT, TINY, Project
from workflow.lib.checked_config import checked_rows
from workflow.lib.errors import BadInput
from workflow.parts.frame_orders import try_dynamics


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


def changed(*path, value):
    config = copy.deepcopy(TINY)
    inner = config
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return config


def trained(settings, *names, **keys):
    """The tiny experiment with its SlowOnly trained, and further models analysed."""
    train = {"dataset": "shapes", "checkpoints": [0, 20], **settings}
    config = changed("models", "slowonly", value={**TINY["models"]["slowonly"], "train": train, **keys})
    config["analyses"][0]["models"] += names
    return config


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (changed("clpi", value=3), "config: 'clpi' was unexpected; the nearest keys are clip"),
        (changed("clip", "frame", value=3), "config: clip: 'frame' was unexpected; the nearest keys are frames"),
        (changed("clip", "frames", value="many"), "'many' is not of type 'integer'"),
        (changed("analyses", 0, "metrics", value=["pearsn"]), "metrics/pearsn.py; the nearest names are pearson"),
        (changed("plots", value=["pie"]), "no plots plug-in 'pie': looked for"),
        (changed("models", "slowonly", "family", value="resnet4d"), "no models plug-in 'resnet4d': looked for"),
        (changed("models", "slowonly", "family", value="nets/mine.py"), "looked for nets/mine.py; nothing in HERE has"),
        (
            changed("models", "slowonly", "family", value="workflow/models/resnet4d.py"),
            "no models plug-in 'workflow/models/resnet4d.py': looked for workflow/models/resnet4d.py; the nearest names in"
            " workflow/models are resnet3d.py",
        ),
        (changed("pairs", "dynamics", value="shufle"), "no perturbations plug-in 'shufle': looked for"),
        (
            changed("pairs", "dynamics", value=["shuffle", {"block_shufle": {"window": 4}}]),
            "no perturbations plug-in 'block_shufle'",
        ),
        (changed("styles", "oil", value={"apply": "hues"}), "no perturbations plug-in 'hues': looked for"),
        (changed("styles", "oil", value={"painter": "oil", "options": {"turn": 0.5}}), "'apply' is a dependency of 'options'"),
        (changed("styles", "oil", "painter", value="oils"), "no perturbations plug-in 'oils': looked for"),
        (changed("analyses", 0, "models", value=["x3d"]), "analyses: 0: models: `models` has no 'x3d'"),
        (
            changed("analyses", 0, "models", value=["slownoly"]),
            "analyses: 0: models: `models` has no 'slownoly'; the nearest names are slowonly",
        ),
        (changed("analyses", 0, "dataset", value="kinetics"), "analyses: 0: dataset: `datasets` has no 'kinetics'"),
        (changed("analyses", 0, "dataset", value="shape"), "`datasets` has no 'shape'; the nearest names are shapes"),
        (trained({}, "slowonly@7"), "no checkpoint of slowonly is declared at step 7; train: checkpoints names 0, 20"),
        (trained({"frame_order": "reversed"}), "'reversed' is not one of ['natural', 'shuffled']"),
        (trained({}, weights="w.pth"), "slowonly: train: there is no file w.pth; nothing in HERE has a name like it"),
        (
            trained({}, weights="workflows/deep/w.pth"),
            "no file workflows/deep/w.pth; the nearest names in HERE are workflow",
        ),
        (
            changed("models", "slowonly", "weights", value="config.yml"),
            "no file config.yml; the nearest names in HERE are config.yaml",
        ),
        (changed("models", "slowonly", "weights", value="workflow"), "there is no file workflow; workflow is a folder"),
        (
            changed("datasets", "shapes", value={"folder": "workflows"}),
            "no folder workflows; the nearest names in HERE are workflow",
        ),
        (changed("datasets", "shapes", value={"folder": "config.yaml"}), "no folder config.yaml; config.yaml is a file"),
        (changed("models", "slowonly", "options", "widht", value=4), "models: slowonly: models plug-in 'resnet3d' cannot be used"),
        (
            changed("pairs", "dynamics", value=[{"block_shuffle": {"windov": 4}}]),
            "pairs: dynamics: perturbations plug-in 'block",
        ),
        (changed("pairs", "dynamics", value="hue"), "'hue' is a perturbation of appearance; one of dynamics is needed"),
        (changed("styles", "oil", value={"apply": "hue", "options": {"trun": 0.5}}), "got an unexpected keyword argument 'trun'"),
        (changed("styles", "oil", value={"apply": "oil"}), "styles: oil: the perturbations plug-in 'oil' has no apply()"),
        (changed("clip", "fps", value=float("nan")), "clip: fps: nan came, a finite number was needed"),
        (changed("clip", "frames", value=8.0), "clip: frames: 8.0 is not of type 'integer'"),
        (changed("shard_size", value=1) | {"datasets": {"shapes": {"moving_shapes": {"videos": 20_000}}}}, "into 20000 shards"),
        (changed("analyses", 0, "metrics", value=["mine.py"]), "analyses: 0: metrics: 'mine.py' came, the name of a plug-in"),
        (changed("pairs", "styles", value=["oil", "pastel"]), "pairs: styles: `styles` has no 'pastel'"),
        (changed("pairs", "styles_per_clip", value=3), "styles_per_clip is 3, but only 2 styles are listed"),
        (changed("datasets", "shapes", value={"folder": "nowhere"}), "nowhere"),
        (changed("datasets", "shapes", value={"manifest": "none.csv"}), "none.csv"),
    ],
)
def test_a_bad_config_is_refused_in_one_sentence(project, config, sentence):
    project.configure(config)
    status, printed = project.run("--dry-run")
    sentence = sentence.replace("HERE", f"{project.folder}, from where relative paths count,")
    assert status != 0 and sentence in printed
    told = [line for line in printed.splitlines() if sentence in line]
    assert told[0].startswith("config:") and "Traceback" not in printed and ".smk" not in printed
    assert not (project.folder / "results").exists()


TEXTS = {
    "config.yaml, line 3: 'seed' stands in line 1 already; a key is given once": "seed: 0\nexperiment: a\nseed: 1\n",
    "config.yaml, line 1: what stands here holds itself": "experiment: &x {y: *x}\n",
    "the key 2020 is no text; write it in quotes": "experiment: a\n2020: 1\n",
    "holds more than 1000000 values": "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(6)),
}


@pytest.mark.parametrize("sentence", TEXTS)
def test_what_yaml_would_take_without_a_word_is_refused(tmp_path, monkeypatch, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(TEXTS[sentence])
    with pytest.raises(BadInput, match=re.escape(sentence)):
        checked_rows(yaml.safe_load(TEXTS[sentence]), ["config.yaml"])


UNREADABLE = {
    "a: 1\nb:\n\tc: 2\n": r"mine.yaml is no YAML: line 3, column 1: found character '\t' that cannot start any token",
    "datasets\n  my: {folder: x}\n": "mine.yaml is no YAML: line 2, column 5: mapping values are not allowed here",
    "a: \0": "mine.yaml cannot be read: unacceptable character",
    None: "there is no file mine.yaml; the nearest names in HERE are mine.yml",
}


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_config_that_cannot_be_read_is_told_with_its_line_before_snakemake_is_asked(tmp_path, text):
    (tmp_path / "mine.yml").write_text('{\n\t"a": 1\n}\n')  # JSON may have tabs
    if text:
        (tmp_path / "mine.yaml").write_text(text)
    command = [sys.executable, "-m", "workflow.lib.config_file", "mine.yml", "mine.yaml"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    sentence = UNREADABLE[text].replace("HERE", f"{tmp_path}, from where relative paths count,")
    assert done.returncode == 1 and done.stderr.startswith(f"config: {sentence}") and done.stderr.count("\n") == 1


def test_dynamics_that_clips_cannot_be_shown_in_are_known_before_any_clip():
    for options, sentence in (({"window": 5}, "a window of 5 came"), ({"window": "4"}, "cannot be drawn of 8 frames")):
        with pytest.raises(BadInput, match=sentence):
            try_dynamics([("shuffle", {}), ("block_shuffle", options)], 8, 0.25)
    try_dynamics([("shuffle", {}), ("block_shuffle", {"window": 4}), ("flow_jitter", {})], 8, 0.25)
