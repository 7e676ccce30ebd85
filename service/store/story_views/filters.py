"""Which stories, and in what order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Float, Text, cast, exists, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from service.store.story_views.as_of import StoryTable, is_member
from service.store.tables import ArticleRow, MembershipRow, OutletRow, StoryVersionRow


class Sort(StrEnum):
    """In what order stories are listed; see `ordering`."""

    RANK = "rank"
    NEWEST = "newest"
    LARGEST = "largest"
    FASTEST = "fastest"


@dataclass(frozen=True, slots=True)
class StoryFilter:
    """Which stories; None, 0 and () leave a condition out. Times are those of the last report.

    Of outlets, families, countries and languages one must have reported; of entities and
    keywords, whose case does not matter, all must be there.
    """

    since: datetime | None = None
    until: datetime | None = None  #: excluded itself
    changed_since: datetime | None = None
    min_coverage: int = 0
    min_independent: int = 0
    outlets: tuple[str, ...] = ()  #: slugs
    families: tuple[str, ...] = ()  #: slugs
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    storyline: str | None = None  #: id
    state: str | None = None


def ordering(story: StoryTable, sort: Sort) -> tuple[ColumnElement[Any], ...]:
    """The keys of an order, all descending, the last one unique."""
    times = story.last_reported_at.expression
    if sort is Sort.NEWEST:
        return (times, story.id.expression)
    if sort is Sort.LARGEST:
        counts = (story.independent.expression, story.coverage.expression)
        return (*counts, times, story.id.expression)
    if sort is Sort.FASTEST:
        return (func.story_speed(story.details, type_=Float), times, story.id.expression)
    return (story.pinned.expression, story.rank.expression, story.id.expression)


def time_bounds(as_of: datetime | None, sort: Sort) -> Iterable[ColumnElement[bool]]:
    """Where in an order that follows time the versions begin that can have stood at an instant.

    It leaves out none of them: no version is further ahead of its beginning than the one that is
    furthest. But without it an index is read through all that came later.
    """
    if as_of is None:
        return
    instant, begun = literal(as_of, StoryVersionRow.valid_from.type), StoryVersionRow.valid_from
    if sort is Sort.NEWEST:
        ahead = select(func.max(StoryVersionRow.last_reported_at - begun)).scalar_subquery()
        yield StoryVersionRow.last_reported_at <= instant + ahead
    if sort is Sort.RANK:
        ahead = select(func.max(StoryVersionRow.rank - func.hours_of(begun))).scalar_subquery()
        # An hour more than is needed: sums of floats are off by some billionths.
        yield StoryVersionRow.rank <= func.hours_of(instant) + ahead + 1


def conditions(
    story: StoryTable, as_of: datetime | None, wanted: StoryFilter
) -> Iterable[ColumnElement[bool]]:
    """What a filter asks of a story's row and its members."""
    yield from _of_row(story, wanted)
    if wanted.keywords:
        yield func.in_lower_case(story.keywords).op("@>", is_comparison=True)(
            _words(wanted.keywords)
        )
    if wanted.entities:
        yield func.story_names(story.details).op("@>", is_comparison=True)(_words(wanted.entities))
    if wanted.outlets:
        yield has_report(story, as_of, OutletRow.slug.in_(wanted.outlets))
    if wanted.families:
        yield has_report(story, as_of, OutletRow.family.in_(wanted.families))
    if wanted.countries:
        codes = [code.upper() for code in wanted.countries]
        yield has_report(story, as_of, OutletRow.country.in_(codes))
    if wanted.languages:
        codes = [code.lower() for code in wanted.languages]
        yield story.languages.op("&&", is_comparison=True)(cast(codes, ARRAY(Text)))


def has_report(
    story: StoryTable, as_of: datetime | None, *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether a story has a member, of which some conditions hold."""
    statement = select(MembershipRow.id).where(MembershipRow.story_id == story.id, is_member(as_of))
    if conditions:
        statement = (
            statement.join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
            .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
            .where(*conditions)
        )
    return exists(statement.correlate(story))


def _of_row(story: StoryTable, wanted: StoryFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.since:
        yield story.last_reported_at >= wanted.since
    if wanted.until:
        yield story.last_reported_at < wanted.until
    if wanted.changed_since:
        yield story.changed_at >= wanted.changed_since
    if wanted.min_coverage:
        yield story.coverage >= wanted.min_coverage
    if wanted.min_independent:
        yield story.independent >= wanted.min_independent
    if wanted.storyline:
        yield story.storyline_id == wanted.storyline
    if wanted.state:
        yield story.state == wanted.state


def _words(words: Iterable[str]) -> ColumnElement[Any]:
    return func.in_lower_case(cast(list(words), ARRAY(Text)))
