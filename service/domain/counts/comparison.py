"""Comparison of two outlets: shared and exclusive stories, and which outlet was first."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class ReportedStory:
    """First reports of the two outlets in one story.

    A time is None if the outlet has no report in it; `exact` is whether both times are known to the
    minute.
    """

    story_id: str
    coverage: int  #: number of all outlets in the story
    first: datetime | None
    second: datetime | None
    exact: bool

    @property
    def latest(self) -> datetime:
        """Time of the later one of the two first reports."""
        return max(each for each in (self.first, self.second) if each)

    @property
    def lead(self) -> timedelta | None:
        """How much earlier the first outlet was; negative if it was later; None if unknown."""
        return self.second - self.first if self.exact and self.first and self.second else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Stories of two outlets, the latest first."""

    shared: tuple[ReportedStory, ...]
    only_first: tuple[ReportedStory, ...]
    only_second: tuple[ReportedStory, ...]
    first_wins: int  #: shared stories that the first outlet reported earlier
    second_wins: int
    ties: int
    median_lead: timedelta | None  #: of the first outlet; negative if it usually is later

    @property
    def untimed(self) -> int:
        """Shared stories in which a time is not known to the minute."""
        return len(self.shared) - self.first_wins - self.second_wins - self.ties


def compare(stories: Iterable[ReportedStory]) -> Comparison:
    """Compare the stories of two outlets."""
    ordered = sorted(stories, key=lambda each: (each.latest, each.story_id), reverse=True)
    shared = tuple(each for each in ordered if each.first and each.second)
    leads = [each.lead for each in shared if each.lead is not None]
    none = timedelta(0)
    return Comparison(
        shared=shared,
        only_first=tuple(each for each in ordered if each.second is None),
        only_second=tuple(each for each in ordered if each.first is None),
        first_wins=sum(lead > none for lead in leads),
        second_wins=sum(lead < none for lead in leads),
        ties=sum(lead == none for lead in leads),
        median_lead=_median(leads) if leads else None,
    )


def _median(spans: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=statistics.median(each.total_seconds() for each in spans))
