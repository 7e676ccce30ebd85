"""Why articles are in their stories, as the API tells it."""

from dataclasses import dataclass
from datetime import datetime

from service.client.models import OutletRef


@dataclass(frozen=True, slots=True)
class Share:
    """What one feature adds to a pair score."""

    feature: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A member that speaks for an article's place."""

    article: int
    score: float | None
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """The story that an article would belong to otherwise."""

    story: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an article is in its story."""

    article: int
    title: str
    outlet: OutletRef
    since: datetime | None
    score: float | None
    nearest: tuple[Neighbour, ...]
    next_best: Alternative | None
    editor: str | None
