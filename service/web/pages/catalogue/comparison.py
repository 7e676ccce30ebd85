"""`/compare`: two outlets side by side: shared and exclusive stories, who is first, over time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field
from sqlalchemy.orm import Session

from service.domain.counts.comparison import ReportedStory, compare
from service.domain.counts.dimensions import Dimension, Unit
from service.domain.field_types import ShortText
from service.store.catalogue import outlet_stats
from service.store.catalogue.choices import load_choices
from service.store.catalogue.outlet_stories import reports_of
from service.store.catalogue.views import OutletView
from service.store.counts.comparison import load_reported_stories
from service.store.counts.counts import load_counts
from service.store.story_views.views import StoryView, get_stories
from service.web.dependencies import ReadSession, WebContextDep
from service.web.middleware.concurrency import SearchSlot
from service.web.rendering.meta import page_meta
from service.web.rendering.pages import page_url, render_page
from service.web.requests.parameters.form_query import FormQuery
from service.web.requests.parameters.known_values import require_known_values

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: Stories in each list of the page.
MAX_STORIES = 10
DAY = timedelta(days=1)
PERIODS = (1, 7, 30)
#: Number of compared outlets.
PAIR = 2


class ComparisonQuery(FormQuery):
    """Two outlets and the number of days up to now."""

    outlet: list[ShortText] = Field(default=[], max_length=PAIR)
    days: int = Field(default=30, ge=1, le=90)


@dataclass(frozen=True, slots=True)
class ListedStory:
    """A story of a list with the first reports of the two outlets."""

    story: StoryView
    reports: ReportedStory


@dataclass(frozen=True, slots=True)
class StoryList:
    """The latest stories of a list, and the number of those that it leaves out."""

    stories: list[ListedStory]
    earlier: int
    single: int  #: stories that no other outlet reported


@dataclass(frozen=True, slots=True)
class DayCounts:
    """Number of articles of each outlet in 24 hours."""

    start: datetime
    first: int
    second: int


@router.get("/compare")
def comparison_page(
    request: Request,
    session: ReadSession,
    web: WebContextDep,
    _: SearchSlot,
    query: Annotated[ComparisonQuery, Query()],
) -> HTMLResponse:
    """Compare two outlets; without two different ones, show the form."""
    require_known_values(session, query)
    slugs = list(dict.fromkeys(query.outlet))
    outlets = [outlet_stats.get_outlet(session, slug) for slug in slugs]
    path = page_url("/compare", {"outlet": slugs})
    names = " and ".join(each.name for each in outlets)
    description = "Shared and exclusive stories of two outlets, and who is first."
    return render_page(
        web,
        "compare.html",
        meta=page_meta(request, path, f"Compare {names or 'outlets'}", description),
        query=query,
        outlets=outlets,
        periods=PERIODS,
        choices=load_choices(session),
        **_compare(session, outlets, web.clock() - DAY * query.days, query.days),
    )


def _compare(
    session: Session, outlets: list[OutletView], since: datetime, days: int
) -> dict[str, Any]:
    """The parts of a comparison; all empty unless there are two outlets."""
    if len(outlets) != PAIR:
        return {"comparison": None}
    first, second = (each.slug for each in outlets)
    comparison = compare(load_reported_stories(session, first, second, since=since))
    lists = [
        comparison.shared,
        _reported_by_others(comparison.only_first),
        _reported_by_others(comparison.only_second),
    ]
    listed = [each.story_id for part in lists for each in part[:MAX_STORIES]]
    stories = get_stories(session, listed)
    shared, only_first, only_second = (
        StoryList(
            [
                ListedStory(stories[each.story_id], each)
                for each in part[:MAX_STORIES]
                if each.story_id in stories
            ],
            earlier=len(part[MAX_STORIES:]),
            single=total - len(part),
        )
        for part, total in zip(
            lists,
            (len(comparison.shared), len(comparison.only_first), len(comparison.only_second)),
            strict=True,
        )
    )
    return {
        "comparison": comparison,
        "shared": shared,
        "only_first": only_first,
        "only_second": only_second,
        "by_day": _count_days(session, first, second, since, days),
    }


def _reported_by_others(stories: Iterable[ReportedStory]) -> list[ReportedStory]:
    """The stories of a list that a third outlet reported, too."""
    return [each for each in stories if each.coverage > 1]


def _count_days(
    session: Session, first: str, second: str, since: datetime, days: int
) -> list[DayCounts]:
    starts = [since + DAY * number for number in range(days)]
    filters = reports_of((first, second), since)
    by = [Dimension.OUTLET]
    _, cells = load_counts(session, filters, Unit.ARTICLES, by, starts=starts, limit=2)
    return [
        DayCounts(start, cells.get((day, (first,)), 0), cells.get((day, (second,)), 0))
        for day, start in enumerate(starts)
    ]
