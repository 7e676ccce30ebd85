"""Write the labelled samples of `seeds/`: `python -m tests.quality.sets.seed_sets FOLDER`."""

import sys
from pathlib import Path

from tests.quality.sets.sets import SEEDS, set_file

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in SEEDS:
        set_file(name, Path(), folder)
