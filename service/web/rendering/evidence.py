"""Why an article is in its story, read from what the job that placed it wrote.

Any part may be absent or of another shape: rows outlive the code that wrote them,
and a page must not fail over its explanation.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: What readers call the features of a pair score; others show their own name.
FEATURES = {
    "dense": "meaning",
    "title": "words of the titles",
    "body": "words of the texts",
    "faint": "any words in common",
    "time": "closeness in time",
    "chance": "how few others came then",
    "background": "how alike everything is",
    "foreign": "two languages",
    "abroad": "meaning across languages",
    "shift": "how common stories are here",
}


@dataclass(frozen=True, slots=True)
class Share:
    """What one feature adds to a score; `width` is its part of the largest, in percent."""

    name: str
    value: float
    width: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A member that speaks for the article's place."""

    article: int
    score: float | None
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """The story that the article would belong to if it were not here."""

    story: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All there is to say about a placing; empty for a founder."""

    score: float | None
    nearest: tuple[Neighbour, ...]
    next: Alternative | None
    editor: str | None  #: who put it there by hand


def read_evidence(raw: Mapping[str, Any]) -> Evidence:
    """Take what has the expected shape and leave out the rest; never raises."""
    nearest = raw.get("nearest")
    found = [_neighbour(each) for each in nearest] if isinstance(nearest, list) else []
    return Evidence(
        score=_number(raw.get("score")),
        nearest=tuple(each for each in found if each),
        next=_alternative(raw.get("next")),
        editor=editor if isinstance(editor := raw.get("editor"), str) else None,
    )


def _neighbour(raw: Any) -> Neighbour | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("article"), int):
        return None
    return Neighbour(raw["article"], _number(raw.get("score")), _shares(raw.get("shares")))


def _alternative(raw: Any) -> Alternative | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("story"), str):
        return None
    return Alternative(raw["story"], _number(raw.get("score")))


def _shares(raw: Any) -> tuple[Share, ...]:
    """Features by weight, the heaviest first."""
    if not isinstance(raw, dict):
        return ()
    values = {str(name): number for name in raw if (number := _number(raw[name])) is not None}
    largest = max((abs(value) for value in values.values()), default=0) or 1
    return tuple(
        Share(FEATURES.get(name, name.replace("_", " ")), value, round(abs(value) / largest * 100))
        for name, value in sorted(values.items(), key=lambda item: -abs(item[1]))
    )


def _number(raw: Any) -> float | None:
    number = isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw)
    return float(raw) if number else None
