"""`/missing`: countries, languages and families that report less today, or miss a story."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension, Unit
from service.domain.counts.quiet_values import (
    DAYS,
    DailyCounts,
    find_quiet,
    sum_by_day,
    sum_by_value,
)
from service.domain.queries.conditions import Field, between_times
from service.domain.stories.filters import Sort, StoryFilter
from service.domain.stories.missing_coverage import MIN_OUTLETS
from service.store.articles.views import ArticleFilter
from service.store.catalogue.views import FeedFilter, list_all_outlets, list_feeds
from service.store.counts.counts import load_counts
from service.store.counts.dimensions import load_names
from service.store.counts.latest_report import find_latest_report
from service.store.counts.missing_coverage import list_catalogued_outlets
from service.store.counts.stored_missing import StoredMissing, load_stored_missing
from service.store.stories.surroundings import load_absent_outlets
from service.store.story_views.views import StoryView, list_stories
from service.web.dependencies import ReadSession, WebContextDep
from service.web.middleware.concurrency import SearchSlot
from service.web.rendering.display_names import value_name
from service.web.rendering.meta import page_meta
from service.web.rendering.pages import render_page
from service.web.rendering.story_page.silent_outlets import SilentOutlets, find_silent_outlets

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

DAY = timedelta(days=1)
#: Combinations of family, country and language that are counted, the most frequent first.
MAX_GROUPS = 5000
#: Stories whose missing coverage is shown, and failing feeds that explain missing reports.
MAX_STORIES, MAX_FEEDS = 12, 1000
NOTHING_MISSING = StoredMissing((), (), (), ())
DIMENSIONS = (Dimension.FAMILY, Dimension.COUNTRY, Dimension.LANGUAGE)


@dataclass(frozen=True, slots=True)
class NamedQuiet:
    """A quiet value with its name, and the number of outlets whose feeds fail."""

    name: str
    quiet: DailyCounts
    failing: int


@dataclass(frozen=True, slots=True)
class QuietDay:
    """The quiet values of a day by dimension; empty if its articles cannot be compared."""

    total: DailyCounts
    values: dict[Dimension, list[NamedQuiet]]


@dataclass(frozen=True, slots=True)
class StoryMissing:
    """A story of today; the outlets, countries, languages and families without a report of it."""

    story: StoryView
    silent: SilentOutlets
    countries: list[str]
    languages: list[str]
    families: list[str]


@router.get("/missing")
def missing_page(
    request: Request, session: ReadSession, web: WebContextDep, _: SearchSlot
) -> HTMLResponse:
    """Show missing coverage in the 24 hours up to the latest report."""
    latest = find_latest_report(session)
    until = min(latest or web.clock(), web.clock())
    description = "Countries, languages and owners that report less today than usual."
    return render_page(
        web,
        "missing.html",
        meta=page_meta(request, "/missing", "Missing coverage today", description),
        until=until if latest else None,
        quiet=_find_quiet(session, until),
        days=DAYS,
        min_outlets=MIN_OUTLETS,
        stories=_list_missing_coverage(session, until) if latest else [],
    )


def _find_quiet(session: Session, until: datetime) -> QuietDay:
    """Compare the day up to a time with the days before."""
    starts = [until - DAY * number for number in range(DAYS + 1, 0, -1)]
    end = until + timedelta(microseconds=1)  # includes the latest report
    filters = ArticleFilter(between_times(Field.REPORTED, starts[0], end))
    _, cells = load_counts(
        session, filters, Unit.ARTICLES, DIMENSIONS, starts=starts, limit=MAX_GROUPS
    )
    day = QuietDay(sum_by_day(cells, len(starts)), {})
    if day.total.has_few_articles or not day.total.has_enough_days:
        return day
    failing = _count_failing(session)
    for position, dimension in enumerate(DIMENSIONS):
        quiet = find_quiet(sum_by_value(cells, position, len(starts)))
        names = load_names(session, dimension, [each.value for each in quiet])
        day.values[dimension] = [
            NamedQuiet(
                names.get(each.value) or value_name(dimension, each.value),
                each,
                failing.get((dimension, each.value), 0),
            )
            for each in quiet
        ]
    return day


def _count_failing(session: Session) -> dict[tuple[Dimension, str], int]:
    """Number of outlets with a failing feed by dimension and value."""
    feeds = list_feeds(session, FeedFilter(status="active", failing=True), limit=MAX_FEEDS).items
    slugs = {each.outlet for each in feeds}
    counts: dict[tuple[Dimension, str], int] = {}
    for outlet in list_all_outlets(session) if slugs else ():
        if outlet.slug in slugs:
            for key in zip(
                DIMENSIONS, (outlet.family, outlet.country, outlet.language), strict=True
            ):
                counts[key[0], key[1] or ""] = counts.get((key[0], key[1] or ""), 0) + 1
    return counts


def _list_missing_coverage(session: Session, until: datetime) -> list[StoryMissing]:
    """The largest stories of a day that at least one active outlet does not report."""
    since = until - DAY
    recent = StoryFilter(since=since.isoformat(), min_coverage=2).parsed
    stories = list_stories(session, recent, sort=Sort.LARGEST, limit=MAX_STORIES).items
    ids = [each.id for each in stories]
    stored = load_stored_missing(session, ids)
    slugs = {slug for each in stored.values() for slug in each.families}
    families = load_names(session, Dimension.FAMILY, slugs)
    frequent = load_absent_outlets(session, ids)
    found = []
    for story in stories:
        missing = stored.get(story.id, NOTHING_MISSING)
        catalogued = list_catalogued_outlets(
            session, story.first_reported_at, story.last_reported_at
        )
        silent = find_silent_outlets(
            story, catalogued, {slug for slug, _ in frequent.get(story.id, ())}
        )
        if silent.outlets:
            found.append(
                StoryMissing(
                    story,
                    silent,
                    [value_name(Dimension.COUNTRY, each) for each in missing.countries],
                    [value_name(Dimension.LANGUAGE, each) for each in missing.languages],
                    [families.get(each, each) for each in missing.families],
                )
            )
    return found
