"""`/storylines`: list of storylines, and one storyline with its stories and outlets."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension, Unit
from service.domain.field_types import ShortText
from service.domain.stories.filters import Sort, StoryFilter
from service.store.articles.views import ArticleFilter
from service.store.counts.counts import load_counts
from service.store.counts.dimensions import load_names
from service.store.story_views import storylines, views
from service.store.story_views.storylines import StorylineOrder
from service.web.api.stories.storylines import CURSORS
from service.web.dependencies import ReadSession, WebContextDep
from service.web.rendering import links
from service.web.rendering.meta import page_meta
from service.web.rendering.pages import page_url, render_page
from service.web.requests.parameters.form_query import FormQuery
from service.web.requests.parameters.types import CursorText, StorylineId

router = APIRouter(
    prefix="/storylines", default_response_class=HTMLResponse, include_in_schema=False
)

PAGE_SIZE, STORIES_EACH, MAX_OUTLETS = 20, 4, 10
#: More outlets than any storyline has: an outlet with many stories may have few first reports.
EVERY_OUTLET = 100_000


class StorylineListQuery(FormQuery):
    """Filter and position of the list."""

    title: ShortText | None = None
    cursor: CursorText | None = None


@dataclass(frozen=True, slots=True)
class OutletShare:
    """An outlet of a storyline: stories with a report of it, and stories that it reported first."""

    slug: str
    name: str
    stories: int
    first_reports: int


@router.get("")
def storylines_page(
    request: Request,
    session: ReadSession,
    web: WebContextDep,
    query: Annotated[StorylineListQuery, Query()],
) -> HTMLResponse:
    """List storylines by last report, each with its latest stories."""
    cursor = CURSORS[StorylineOrder.LATEST]
    page = storylines.list_storylines(
        session,
        text=query.title or "",
        sort=StorylineOrder.LATEST,
        after=cursor.decode(query.cursor),
        limit=PAGE_SIZE,
    )
    ids, following, given = (
        [each.id for each in page.items],
        cursor.encode(page.next),
        query.given(),
    )
    return render_page(
        web,
        "storylines.html",
        meta=page_meta(request, "/storylines", "Storylines", "Stories of one saga, linked."),
        storylines=[each for each in page.items if each.stories],
        stories=storylines.list_latest_stories(session, ids, per_storyline=STORIES_EACH),
        families=storylines.count_storyline_families(session, ids),
        query=query,
        first_page_url=page_url("/storylines", given) if query.cursor else "",
        next_page_url=page_url("/storylines", given | {"cursor": following}) if following else "",
    )


@router.get("/{storyline_id}")
def storyline_page(
    request: Request, session: ReadSession, web: WebContextDep, storyline_id: StorylineId
) -> HTMLResponse:
    """Show the stories of a storyline, latest first, and the outlets that report most of them."""
    storyline = storylines.get_storyline(session, storyline_id)
    path, count = links.storyline_path(storyline.id), len(storyline.stories)
    description = f"{count} {'story' if count == 1 else 'stories'} of one saga."
    parameters = {"storyline": storyline.id, "sort": Sort.NEWEST, "limit": views.MAX_RELATED}
    return render_page(
        web,
        "storyline.html",
        meta=page_meta(request, path, storyline.title, description),
        storyline=storyline,
        families=storylines.count_storyline_families(session, [storyline.id]).get(storyline.id, 0),
        outlets=_list_outlets(session, storyline.id),
        feeds=links.feed_links("/v1/stories/feed", parameters),
        max_stories=views.MAX_RELATED,
    )


def _list_outlets(session: Session, storyline_id: str) -> list[OutletShare]:
    """The outlets with reports in the most stories of a storyline."""
    stories = _count_by_outlet(session, storyline_id, Unit.STORIES, limit=MAX_OUTLETS)
    firsts = _count_by_outlet(session, storyline_id, Unit.FIRST_REPORTS, limit=EVERY_OUTLET)
    names = load_names(session, Dimension.OUTLET, list(stories))
    return [
        OutletShare(slug, names.get(slug, slug), count, firsts.get(slug, 0))
        for slug, count in stories.items()
    ]


def _count_by_outlet(
    session: Session, storyline_id: str, unit: Unit, *, limit: int
) -> dict[str, int]:
    filters = ArticleFilter(StoryFilter(storyline=storyline_id).parsed)
    by = [Dimension.OUTLET]
    groups, _ = load_counts(session, filters, unit, by, starts=(), limit=limit)
    return {slug: count for (slug,), count in groups.counts.items()}
