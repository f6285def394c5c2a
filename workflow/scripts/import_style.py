"""Check a ready style network and put it where a trained one would lie."""

from pathlib import Path

from workflow.lib.job import job
from workflow.parts.checkpoints import save_weights
from workflow.parts.style_weights import generator_from
from workflow.parts.weights import read_state


def import_style(path, sha256, weights):
    """Write the generator at `path` (safetensors, or a torch file of tensors) to `weights`."""
    network = generator_from(read_state(path, sha256), path)
    save_weights(weights, network, {"imported": Path(path).name, "sha256": sha256 or ""})


if __name__ == "__main__":
    with job(snakemake):
        import_style(snakemake.input.checkpoint, snakemake.params.sha256, snakemake.output.weights)
