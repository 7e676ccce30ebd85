"""Evidence of a placement: parses the stored JSON that explains why an article is in its story.

Any part may be missing or have another shape, because stored evidence outlives the code that wrote
it. A page must not fail because of it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Labels of pair features; other features show their own name.
FEATURES = {
    "dense": "similarity of the texts",
    "title": "shared words in titles",
    "body": "shared words in texts",
    "body_sqrt": "shared words in texts (square root)",
    "time": "time difference",
    "date_prior": "number of articles at that time",
    "background": "average similarity of all articles",
    "cross_language": "different languages",
    "cross_language_dense": "similarity across languages",
    "prior_shift": "share of matching pairs",
    "same_outlet": "same outlet",
}


@dataclass(frozen=True, slots=True)
class Contribution:
    """Contribution of a feature to a score; `width` is relative to the largest, in percent."""

    feature: str
    name: str  #: label of the feature
    value: float
    width: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A member of the story that supports the placement."""

    article: int
    score: float | None
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """The story with the second-best score."""

    story: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence of a placement; empty for the first article of a story."""

    score: float | None
    nearest: tuple[Neighbour, ...]
    next: Alternative | None
    editor: str | None  #: name of the editor who moved the article


def read_evidence(raw: Mapping[str, Any]) -> Evidence:
    """Parse all valid parts and ignore the rest; never raises."""
    nearest = raw.get("nearest")
    neighbours = [_neighbour(each) for each in nearest] if isinstance(nearest, list) else []
    return Evidence(
        score=_number(raw.get("score")),
        nearest=tuple(each for each in neighbours if each),
        next=_alternative(raw.get("next")),
        editor=editor if isinstance(editor := raw.get("editor"), str) else None,
    )


def _neighbour(raw: Any) -> Neighbour | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("article"), int):
        return None
    score, contributions = _number(raw.get("score")), _contributions(raw.get("contributions"))
    return Neighbour(raw["article"], score, contributions)


def _alternative(raw: Any) -> Alternative | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("story"), str):
        return None
    return Alternative(raw["story"], _number(raw.get("score")))


def _contributions(raw: Any) -> tuple[Contribution, ...]:
    """Features, largest contribution first."""
    if not isinstance(raw, dict):
        return ()
    values = {str(name): number for name in raw if (number := _number(raw[name])) is not None}
    largest = max((abs(value) for value in values.values()), default=0) or 1
    return tuple(
        Contribution(
            name,
            FEATURES.get(name, name.replace("_", " ")),
            value,
            round(abs(value) / largest * 100),
        )
        for name, value in sorted(values.items(), key=lambda item: -abs(item[1]))
    )


def _number(raw: Any) -> float | None:
    is_number = isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw)
    return float(raw) if is_number else None
