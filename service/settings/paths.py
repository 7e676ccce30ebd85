"""Where the files that belong to the project lie, beside the packages."""

from pathlib import Path

CONFIG_DIR = Path(__file__).parents[2] / "config"
SEEDS_DIR = CONFIG_DIR.parent / "seeds"
