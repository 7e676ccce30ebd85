"""Paths of the data files: beside the packages in a checkout, inside `service` in a wheel."""

from pathlib import Path

_IN_WHEEL = Path(__file__).parents[1] / "data"
_ROOT = _IN_WHEEL if _IN_WHEEL.is_dir() else Path(__file__).parents[2]
CONFIG_DIR = _ROOT / "config"
SEEDS_DIR = _ROOT / "seeds"
