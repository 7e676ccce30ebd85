"""Headlines of a crowded week in several languages as labelled files: the repository holds the labels.

The headlines are those of `scale/titles_160k.jsonl.gz` in the folder of third-party data; nearly all
of them tell of one saga, the coronavirus of early 2020. Labels are kept by the id of a line, beside the
language that the headline is in.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from service.commands.research import jsonl

LABELS = Path(__file__).parent / "labels" / "headlines"
#: Where the headlines stand in the folder of third-party data.
SOURCE = Path("scale") / "titles_160k.jsonl.gz"
#: Marks the part of a set that is in English.
ENGLISH = "_english"

Row = dict[str, Any]


def names() -> list[str]:
    """The sets: each file of labels as a whole, and its English part."""
    files = sorted(path.stem for path in LABELS.glob("*.json"))
    return [name + part for name in files for part in ("", ENGLISH)]


def write(name: str, data: Path, target: Path) -> None:
    """Write a set of `names`, in the order of its source.

    Raises:
        FileNotFoundError: the data has no such headlines.
        LookupError: a labelled headline is not among them.
    """
    if not (data / SOURCE).is_file():
        raise FileNotFoundError(data / SOURCE)
    labels = labels_of(name)
    rows = [
        row_of(line.values, labels[line.values["id"]]["story"])
        for line in jsonl.read_lines(str(data / SOURCE))
        if line.values["id"] in labels
    ]
    if missing := len(labels) - len(rows):
        raise LookupError(f"not in {SOURCE}: {missing} labelled headlines")
    jsonl.write_lines(str(target), rows)


def labels_of(name: str) -> Mapping[str, Mapping[str, str]]:
    """Story and language of each id of a set."""
    path = LABELS / f"{name.removesuffix(ENGLISH)}.json"
    labels = json.loads(path.read_text("utf-8"))
    if not name.endswith(ENGLISH):
        return dict(labels)
    return {key: label for key, label in labels.items() if label["lang"] == "en"}


def row_of(values: Mapping[str, Any], story: str) -> Row:
    """One headline with its label; its language is left to be detected."""
    kept = {key: values.get(key) for key in ("id", "title", "outlet", "url", "published")}
    return {**kept, "text": "", "story": story}
