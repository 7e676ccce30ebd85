"""Missing coverage: values that comparable stories usually have, but not this one.

Values are outlets, families, countries and languages. Comparable stories are stories with at least
half of the outlets of the story; `store.counts.missing_coverage` loads them.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

#: Minimum number of outlets of a story that is compared.
MIN_OUTLETS = 3
#: Minimum number of comparable stories for a comparison.
MIN_COMPARABLE = 20
#: Outlets may still report a younger story.
MIN_AGE = timedelta(hours=12)
#: A value is usual if its share is at least this, with a confidence of 97.5 %.
MIN_SHARE = 0.5
#: Maximum number of absent outlets of a story, and the minimum number of comparable stories that
#: each of them reports.
MAX_ABSENT, MIN_TOGETHER = 3, 3
#: Quantile of the normal distribution for a confidence of 97.5 %, in standard deviations.
Z_SCORE = 1.96


class Withheld(StrEnum):
    """Reason why no missing coverage is shown."""

    FEW_OUTLETS = "few_outlets"
    TOO_EARLY = "too_early"
    FEW_COMPARABLE_STORIES = "few_comparable_stories"


@dataclass(frozen=True, slots=True)
class StoryValues:
    """The values that the reports of a story have; unknown countries and languages are omitted."""

    outlets: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MissingValue:
    """A value that this story lacks; `share` is its share of the comparable stories, 0 to 1."""

    value: str
    share: float
    stories: int  #: number of comparable stories with the value


@dataclass(frozen=True, slots=True)
class MissingCoverage:
    """Usual values that a story lacks, the most usual first; all empty if withheld."""

    comparable_stories: int
    withheld: Withheld | None = None
    outlets: tuple[MissingValue, ...] = ()
    families: tuple[MissingValue, ...] = ()
    countries: tuple[MissingValue, ...] = ()
    languages: tuple[MissingValue, ...] = ()


def find_missing(
    story: StoryValues, comparable: Sequence[StoryValues], active: StoryValues, *, age: timedelta
) -> MissingCoverage:
    """Find the usual values of comparable stories that a story lacks.

    `active` has the values with any article in the time of the story: an outlet whose feed failed
    is not missing. `age` is the time since the first report.
    """
    withheld = _reason_to_withhold(story, len(comparable), age)
    if withheld is not None:
        return MissingCoverage(len(comparable), withheld)
    return MissingCoverage(
        len(comparable),
        outlets=_missing_values(
            [each.outlets for each in comparable], active.outlets - story.outlets
        ),
        families=_missing_values(
            [each.families for each in comparable], active.families - story.families
        ),
        countries=_missing_values(
            [each.countries for each in comparable], active.countries - story.countries
        ),
        languages=_missing_values(
            [each.languages for each in comparable], active.languages - story.languages
        ),
    )


def find_absent(
    outlets: Mapping[str, frozenset[str]], stories: Collection[str], active: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    """Outlets that often report the same stories as the outlets of a story, but not this one.

    `outlets` are those of all latest stories, `stories` those to compare. A comparable story has
    at least half of the outlets of the story. Unlike `find_missing`, this is no claim that the
    outlets usually report these stories: it lists the most frequent ones, at most `MAX_ABSENT`.
    """
    absent: dict[str, tuple[str, ...]] = {}
    for story in stories:
        own = outlets[story]
        counts = Counter(
            outlet
            for other, theirs in outlets.items()
            if other != story and 2 * len(own & theirs) >= len(own)
            for outlet in theirs & active - own
        )
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        absent[story] = tuple(slug for slug, count in ranked if count >= MIN_TOGETHER)[:MAX_ABSENT]
    return absent


def _reason_to_withhold(story: StoryValues, comparable: int, age: timedelta) -> Withheld | None:
    if len(story.outlets) < MIN_OUTLETS:
        return Withheld.FEW_OUTLETS
    if age < MIN_AGE:
        return Withheld.TOO_EARLY
    return Withheld.FEW_COMPARABLE_STORIES if comparable < MIN_COMPARABLE else None


def _missing_values(
    comparable: Sequence[frozenset[str]], candidates: frozenset[str]
) -> tuple[MissingValue, ...]:
    counts = Counter(value for values in comparable for value in values if value in candidates)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        MissingValue(value, count / len(comparable), count)
        for value, count in ranked
        if lower_bound(count, len(comparable)) >= MIN_SHARE
    )


def lower_bound(count: int, total: int) -> float:
    """The lower end of the 95 % interval of a share (Wilson, JASA 22, 1927).

    The share is lower with a probability of 2.5 %.
    """
    share = count / total
    spread = math.sqrt(share * (1 - share) / total + Z_SCORE**2 / (4 * total**2))
    return (share + Z_SCORE**2 / (2 * total) - Z_SCORE * spread) / (1 + Z_SCORE**2 / total)
