"""What is wrong with a configuration is said in one sentence before any work."""

import copy

import pytest

from tests.copied_project import TINY, Project


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
        (changed("clpi", value=3), "'clpi' was unexpected"),
        (changed("clip", "frame", value=3), "'frame' was unexpected"),
        (changed("clip", "frames", value="many"), "'many' is not of type 'integer'"),
        (changed("analyses", 0, "metrics", value=["pearsn"]), "no metrics plug-in 'pearsn': looked for"),
        (changed("plots", value=["pie"]), "no plots plug-in 'pie': looked for"),
        (changed("models", "slowonly", "family", value="resnet4d"), "no models plug-in 'resnet4d': looked for"),
        (changed("models", "slowonly", "family", value="nets/mine.py"), "looked for nets/mine.py"),
        (changed("pairs", "dynamics", value="shufle"), "no perturbations plug-in 'shufle': looked for"),
        (
            changed("pairs", "dynamics", value=["shuffle", {"block_shufle": {"window": 4}}]),
            "no perturbations plug-in 'block_shufle'",
        ),
        (changed("styles", "oil", value={"apply": "hues"}), "no perturbations plug-in 'hues': looked for"),
        (changed("styles", "oil", value={"painter": "oil", "options": {"turn": 0.5}}), "'apply' is a dependency of 'options'"),
        (changed("styles", "oil", "painter", value="oils"), "no perturbations plug-in 'oils': looked for"),
        (changed("analyses", 0, "models", value=["x3d"]), "no models is called 'x3d'"),
        (changed("analyses", 0, "dataset", value="kinetics"), "no datasets is called 'kinetics'"),
        (trained({}, "slowonly@7"), "no checkpoint of slowonly is declared at step 7; train: checkpoints names 0, 20"),
        (trained({"frame_order": "reversed"}), "'reversed' is not one of ['natural', 'shuffled']"),
        (trained({}, weights="w.pth"), "slowonly: train: the file w.pth does not exist"),
        (changed("pairs", "styles", value=["oil", "pastel"]), "no styles is called 'pastel'"),
        (changed("pairs", "styles_per_clip", value=3), "styles_per_clip is 3, but only 2 styles are listed"),
        (changed("datasets", "shapes", value={"folder": "nowhere"}), "nowhere"),
        (changed("datasets", "shapes", value={"manifest": "none.csv"}), "none.csv"),
    ],
)
def test_a_bad_config_is_refused_in_one_sentence(project, config, sentence):
    project.configure(config)
    status, printed = project.run("--dry-run")
    assert status != 0 and sentence in printed
    told = [line for line in printed.splitlines() if sentence in line]
    assert told[0].strip().startswith("config:") and "Traceback" not in printed
    assert not (project.folder / "results").exists()
