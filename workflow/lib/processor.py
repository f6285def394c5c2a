"""What a machine computes with (standard library only)."""

import platform
from pathlib import Path


def processor_name(cpuinfo="/proc/cpuinfo"):
    """The processor's name as Linux tells it; elsewhere, and where it tells none, as platform does."""
    lines = Path(cpuinfo).read_text().splitlines() if Path(cpuinfo).is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, names), platform.processor() or platform.machine())
