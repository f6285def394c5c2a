"""A model's entry as the config's schema completes it."""

from pathlib import Path

import yaml

SCHEMA = yaml.safe_load((Path(__file__).parents[1] / "workflow/schemas/config.schema.yaml").read_text())
KEYS = SCHEMA["properties"]["models"]["additionalProperties"]["properties"]
BLANK = {key: kind["default"] for key, kind in KEYS.items() if "default" in kind}


def entry(family, weights=None, sha256=None, **options):
    """Entry of a model of some family and options, four variants a batch."""
    return BLANK | {"family": family, "options": options, "weights": weights, "sha256": sha256, "batch": 4}
