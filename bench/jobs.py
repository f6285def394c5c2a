"""The pipeline's own jobs, run without Snakemake, and the pipeline's own settings."""

import runpy
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[1]
SEED = {"seed": 0}


class Named(dict):
    """Values by their names, as attributes too, as a rule's script sees its files and parameters."""

    __getattr__ = dict.__getitem__


def run_script(name, folder, input=(), output=(), params=(), threads=1):
    """Run the whole script of rule `name` in this process, its log in `folder`; input, output, params as in the rule."""
    parts = {"config": {"datasets": {"shapes": {}}}, "input": Named(input), "output": Named(output), "params": Named(params)}
    about = {"rule": name, "wildcards": (), "threads": threads, "resources": {}, "log": Path(folder) / f"{name}.log"}
    job = SimpleNamespace(**parts, **about)
    runpy.run_path(str(ROOT / "workflow/scripts" / f"{name}.py"), {"snakemake": job}, "__main__")


def tables(folder, **names):
    """Paths of Parquet files in a folder, by what the rule calls them."""
    return {key: f"{folder}/{name}.parquet" for key, name in names.items()}


def default_config(**changes):
    """The embedded default experiment with every default of the schema filled in; changes replace whole keys beforehand."""
    import yaml  # both are large, and the processes that are measured need neither
    from snakemake.utils import validate

    config = yaml.safe_load((ROOT / "config.yaml").read_text()) | changes
    validate(config, str(ROOT / "workflow/schemas/config.schema.yaml"))
    return config


def network_entry(family, **options):
    """What a network without trained weights is built from, as the pipeline resolves it from a config."""
    config = default_config(models={"network": {"family": family, "options": options}})
    return config["models"]["network"]
