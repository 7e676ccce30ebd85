"""Evidence: the scores that put an article into its story."""

from dataclasses import dataclass
from datetime import datetime

from samestory_client.models import OutletRef


@dataclass(frozen=True, slots=True)
class Contribution:
    """Contribution of one feature to a pair score."""

    feature: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A similar article of the same story; `score` is the probability of one event, 0 to 1."""

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
    """Evidence that an article belongs to its story; `nearest` is empty for the first article.

    `editor` is the name of the editor who assigned the article by hand.
    """

    article: int
    title: str
    outlet: OutletRef
    joined_at: datetime | None
    score: float | None
    nearest: tuple[Neighbour, ...]
    next_best: Alternative | None
    editor: str | None
