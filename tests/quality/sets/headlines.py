"""Labelled sets of headlines in several languages: labels from the repository, text from a file.

The headlines are from `scale/titles_160k.jsonl.gz` in the folder of third-party data; nearly all of
them report on the coronavirus in early 2020. Labels map the id of a line to story and language.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from service.commands.research import jsonl

LABELS = Path(__file__).parent / "labels" / "headlines"
#: Path of the headlines in the folder of third-party data.
SOURCE = Path("scale") / "titles_160k.jsonl.gz"
#: Suffix of the English part of a set.
ENGLISH = "_english"

Row = dict[str, Any]


def set_names() -> list[str]:
    """Names of the sets: each file of labels as a whole, and its English part."""
    files = sorted(path.stem for path in LABELS.glob("*.json"))
    return [name + part for name in files for part in ("", ENGLISH)]


def write(name: str, data: Path, target: Path) -> None:
    """Write a set of `set_names`, in the order of the source file.

    Raises:
        FileNotFoundError: the source file is missing.
        LookupError: a labelled headline is not among them.
    """
    if not (data / SOURCE).is_file():
        raise FileNotFoundError(data / SOURCE)
    labels = load_labels(name)
    rows = [
        headline_row(line.values, labels[line.values["id"]]["story"])
        for line in jsonl.read_lines(str(data / SOURCE))
        if line.values["id"] in labels
    ]
    if missing := len(labels) - len(rows):
        raise LookupError(f"not in {SOURCE}: {missing} labelled headlines")
    jsonl.write_lines(str(target), rows)


def load_labels(name: str) -> Mapping[str, Mapping[str, str]]:
    """Load story and language of each id of a set."""
    path = LABELS / f"{name.removesuffix(ENGLISH)}.json"
    labels = json.loads(path.read_text("utf-8"))
    if not name.endswith(ENGLISH):
        return dict(labels)
    return {key: label for key, label in labels.items() if label["lang"] == "en"}


def headline_row(values: Mapping[str, Any], story: str) -> Row:
    """The row of a headline with its label, without language, which is detected."""
    copied = {key: values.get(key) for key in ("id", "title", "outlet", "url", "published")}
    return {**copied, "text": "", "story": story}
