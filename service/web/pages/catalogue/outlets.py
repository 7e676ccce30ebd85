"""`/outlets`: list of outlets, and one outlet with its reporting in the last thirty days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension, Unit
from service.domain.field_types import Country, Language, ShortText
from service.domain.stories.filters import Sort, StoryFilter
from service.store.catalogue import outlet_stats, outlet_stories, views
from service.store.catalogue.choices import load_choices
from service.store.catalogue.outlet_stats import OutletStats
from service.store.catalogue.views import FeedFilter, OutletFilter, OutletOrder, OutletView
from service.store.counts.counts import load_counts
from service.store.counts.dimensions import load_names
from service.store.counts.totals import Total
from service.store.story_views.views import StoryView, get_stories, list_stories
from service.web.api.catalogue.outlets import OUTLET_CURSORS, Slug
from service.web.dependencies import ReadSession, WebContextDep
from service.web.rendering.display_names import value_name
from service.web.rendering.dropped_filters import DroppedFilter, suggest_dropped_filters
from service.web.rendering.links import feed_links, outlet_path
from service.web.rendering.meta import page_meta
from service.web.rendering.pages import page_url, render_page
from service.web.requests.parameters.form_query import FormQuery
from service.web.requests.parameters.known_values import require_known_values
from service.web.requests.parameters.types import CursorText

router = APIRouter(prefix="/outlets", default_response_class=HTMLResponse, include_in_schema=False)

PAGE_SIZE, MAX_STORIES, MAX_RELATED = 50, 12, 8
#: Time span of the counts in the list; it ends now.
RECENT = timedelta(days=7)
#: Dimensions of the tables on the page of an outlet.
DIMENSIONS = (Dimension.LANGUAGE, Dimension.TYPE)


class OutletListQuery(FormQuery):
    """Filters and order of the list."""

    name: ShortText | None = None
    country: Country | None = None
    language: Language | None = None
    family: list[ShortText] = Field(default=[], max_length=1)
    kind: Literal["agency", "other"] | None = None
    sort: OutletOrder = OutletOrder.SLUG
    cursor: CursorText | None = None

    def filter(self) -> OutletFilter:
        """The filter conditions."""
        return OutletFilter(
            families=tuple(self.family),
            countries=(self.country,) if self.country else (),
            languages=(self.language,) if self.language else (),
            agency=None if self.kind is None else self.kind == "agency",
            text=self.name or "",
        )


@dataclass(frozen=True, slots=True)
class Share:
    """A value of a dimension with its name and its number of articles."""

    name: str
    count: int


@router.get("")
def outlets_page(
    request: Request,
    session: ReadSession,
    web: WebContextDep,
    query: Annotated[OutletListQuery, Query()],
) -> HTMLResponse:
    """List outlets with their articles and stories of the last seven days."""
    require_known_values(session, query)
    cursor = OUTLET_CURSORS[query.sort]
    page = views.list_outlets(
        session,
        query.filter(),
        sort=query.sort,
        after=cursor.decode(query.cursor),
        limit=PAGE_SIZE,
    )
    following, given = cursor.encode(page.next), query.given()
    since = web.clock() - RECENT
    return render_page(
        web,
        "outlets.html",
        meta=page_meta(request, "/outlets", "Outlets", "The outlets whose feeds are read."),
        outlets=page.items,
        articles=_count_recent(session, page.items, Unit.ARTICLES, since),
        stories=_count_recent(session, page.items, Unit.STORIES, since),
        query=query,
        choices=load_choices(session),
        has_filters=bool(given.keys() - {"sort"}),
        drops=[] if page.items else _suggest_drops(session, given),
        first_page_url=page_url("/outlets", given) if query.cursor else "",
        next_page_url=page_url("/outlets", given | {"cursor": following}) if following else "",
    )


@router.get("/{slug}")
def outlet_page(
    request: Request, session: ReadSession, web: WebContextDep, slug: Slug
) -> HTMLResponse:
    """Show an outlet: its reports, first reports, delay, and health of its feeds."""
    outlet = outlet_stats.get_outlet(session, slug)
    stats = outlet_stats.load_outlet_stats(session, outlet)
    since = stats.since if stats else web.clock() - outlet_stats.PERIOD
    firsts = outlet_stories.list_first_reports(session, slug, since=since, limit=MAX_STORIES)
    latest = list_stories(
        session, StoryFilter(outlet=[slug]).parsed, sort=Sort.NEWEST, limit=MAX_STORIES
    ).items
    first_stories = get_stories(session, [each.story_id for each in firsts])
    return render_page(
        web,
        "outlet.html",
        meta=page_meta(request, outlet_path(slug), outlet.name, _describe(outlet, stats)),
        outlet=outlet,
        stats=stats,
        siblings=_list_siblings(session, outlet),
        days=_count_days(session, slug, stats) if stats else [],
        shares={each: _count_shares(session, slug, stats, each) for each in DIMENSIONS}
        if stats
        else {},
        firsts=[
            (each, first_stories[each.story_id])
            for each in firsts
            if each.story_id in first_stories
        ],
        latest=[(story, _first_report_of(story, slug)) for story in latest],
        partners=outlet_stories.list_partners(session, slug, since=since, limit=MAX_RELATED),
        sources=outlet_stories.list_sources(session, slug, since=since, limit=MAX_RELATED),
        feeds=views.list_feeds(session, FeedFilter(outlets=(slug,))).items,
        story_feeds=feed_links("/v1/stories/feed", {"outlet": slug, "sort": Sort.NEWEST}),
    )


def _describe(outlet: OutletView, stats: OutletStats | None) -> str:
    """Description of an outlet for link previews."""
    if stats is None:
        return f"No articles of {outlet.name} yet."
    return (
        f"{stats.articles} articles in 30 days; first in {stats.first_reports} of "
        f"{stats.shared_stories} stories that other outlets reported, too."
    )


def _suggest_drops(session: Session, given: Mapping[str, Any]) -> list[DroppedFilter]:
    def count(rest: Mapping[str, Any]) -> Total:
        return views.count_outlets(session, OutletListQuery(**rest).filter())

    return suggest_dropped_filters("/outlets", given, count)


def _count_recent(
    session: Session, outlets: Sequence[OutletView], unit: Unit, since: datetime
) -> dict[str, int]:
    """Number of articles or stories by outlet."""
    if not outlets:
        return {}
    slugs = tuple(each.slug for each in outlets)
    filters = outlet_stories.reports_of(slugs, since)
    by = [Dimension.OUTLET]
    groups, _ = load_counts(session, filters, unit, by, starts=(), limit=len(slugs))
    return {slug: count for (slug,), count in groups.counts.items()}


def _count_shares(
    session: Session, slug: str, stats: OutletStats, dimension: Dimension
) -> list[Share]:
    """The most frequent values among the articles of an outlet."""
    filters = outlet_stories.reports_of((slug,), stats.since)
    groups, _ = load_counts(
        session, filters, Unit.ARTICLES, [dimension], starts=(), limit=MAX_RELATED
    )
    names = load_names(session, dimension, [key for (key,) in groups.counts])
    return [
        Share(names.get(key) or value_name(dimension, key), count)
        for (key,), count in groups.counts.items()
    ]


def _count_days(session: Session, slug: str, stats: OutletStats) -> list[tuple[datetime, int]]:
    """Number of articles in each of the periods of 24 hours up to the last report."""
    day = timedelta(days=1)
    starts = [stats.since + day * number for number in range((stats.until - stats.since) // day)]
    filters = outlet_stories.reports_of((slug,), stats.since)
    _, cells = load_counts(session, filters, Unit.ARTICLES, (), starts=starts, limit=1)
    return [(start, cells.get((index, ()), 0)) for index, start in enumerate(starts)]


def _list_siblings(session: Session, outlet: OutletView) -> list[OutletView]:
    """The other outlets of the publisher family."""
    family = OutletFilter(families=(outlet.family,))
    items = views.list_outlets(session, family, limit=PAGE_SIZE).items
    return [each for each in items if each.slug != outlet.slug]


def _first_report_of(story: StoryView, slug: str) -> datetime | None:
    """Time of the first report of an outlet in a story."""
    times = (each.reported_at for each in story.reports if each.outlet.slug == slug)
    return min(times, default=None)
