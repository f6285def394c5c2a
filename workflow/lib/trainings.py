"""Which networks are trained here, on what, and from what (standard library only: used while the workflow is parsed)."""

from workflow.lib.errors import BadInput
from workflow.lib.model_entries import INHERITED, model_and_step, model_entry, resolved
from workflow.lib.plugins import constant_of, plugin_path

BUILT_FROM = ("family", "options", "weights", "sha256", "classes", "sampling", "seed")  # what of an entry decides a training


def trained_models(config, names):
    """Models trained here that the models `names` need, each once, those first that others start from.

    Raises BadInput where a training starts, over others, from itself.
    """
    found = []

    def visit(name, path):
        model, _ = model_and_step(config["models"], name)
        if model in path:
            raise BadInput(
                f"models: {' is trained or derived from '.join([*path[path.index(model) :], model])}: a beginning is needed"
            )
        own = config["models"][model]
        source = own.get("derive", own.get("train", {})).get("from")
        if source:
            visit(source, [*path, model])
        if "train" in own and model not in found:
            found.append(model)

    for name in names:
        visit(name, [])
    return found


def starting_entry(config, model):
    """What a trained model is built from and starts with: `weights` are the starting checkpoint, None for random weights."""
    own = config["models"][model]
    source = own["train"]["from"]
    start = model_entry(config, source) if source else resolved(own)
    started = {key: start[key] for key in ("weights", "sha256", "classes")}
    return {key: (own | started)[key] for key in BUILT_FROM} | {"layers": None}


def training_settings(config, model):
    """What of a model's `train` decides its weights: not the number of workers, nor the name of what it starts from."""
    return {key: value for key, value in config["models"][model]["train"].items() if key not in ("from", "workers")}


def check_objective(config, model):
    """Raise BadInput where a network cannot learn what its training wants, and for settings that would change nothing."""
    train, family = config["models"][model]["train"], config["models"][model].get("family")
    if not family:
        return
    masks, gives_masks = train["learns"] == "masks", constant_of(plugin_path("models", family), "SEGMENTS", False)
    if masks and not gives_masks:
        raise BadInput(f"models: {model} is to learn masks, which {family} does not give (its file says no SEGMENTS = True)")
    if gives_masks and not masks:
        raise BadInput(f"models: {model}: {family} segments, it learns no classes: set `train: {{learns: masks}}`")
    if masks and (train["frame_order"] != "natural" or train["head"] != "keep" or train["label_smoothing"]):
        raise BadInput(f"models: {model} learns masks; frame_order, head and label_smoothing are for networks that learn classes")


def check_trainings(config, names):
    """Raise BadInput where a training contradicts itself."""
    for model in trained_models(config, names):
        own = config["models"][model]
        train, source = own["train"], own["train"]["from"]
        if source and own["weights"] != INHERITED["weights"]:
            raise BadInput(f"models: {model} is to start from the model {source} and from weights; one of the two is needed")
        if own["classes"] and not own["weights"]:
            raise BadInput(
                f"models: {model} learns the labels of its clips; remove its classes, or name the weights they belong to"
            )
        if source and "derive" in config["models"][model_and_step(config["models"], source)[0]]:
            raise BadInput(f"models: {model} is trained from {source}, which is derived; a network of its own is needed")
        check_objective(config, model)
        if train["dataset"] not in config["datasets"]:
            known = ", ".join(config["datasets"])
            raise BadInput(f"models: {model} is trained on '{train['dataset']}'; `datasets` defines {known}")


def check_splits(config, models, rows):
    """Raise BadInput where the splits of a training's data set leave nothing to train on or nothing to hold out.

    models: those named; rows: data set -> rows of those that are not rendered.
    """
    for model in trained_models(config, models):
        train = config["models"][model]["train"]
        splits = {row["split"] for row in rows.get(train["dataset"], ())}
        held_out = any(split.startswith(("val", "test")) for split in splits) or train["validation"]
        taught = any(split.startswith("train") for split in splits) or splits == {""}
        if splits and not (held_out and taught):
            came = ", ".join(sorted(splits - {""})) or "no splits"
            needed = "the splits train and val (or test) were needed; `train: {validation: 0.2}` holds out where no split does"
            raise BadInput(f"models: {model}: {train['dataset']} has {came}, {needed}")
