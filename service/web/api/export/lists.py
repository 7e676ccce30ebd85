"""Routes of exports, one for each list."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from service.domain.queries.periods import require_period
from service.domain.stories.transitions import StoryTransition, TransitionOut
from service.store.articles.views import stream_articles
from service.store.catalogue import views as catalogue
from service.store.database.paging import Page, Position
from service.store.story_views import storylines, views
from service.store.story_views.changes import load_matching_changes, require_existing_change
from service.web.api.articles import ArticleDetailOut
from service.web.api.catalogue.feeds import FeedOut
from service.web.api.catalogue.outlets import OutletOut
from service.web.api.export.articles import article_item
from service.web.api.export.queries import (
    ARTICLE_FIELDS,
    ArticleExportQuery,
    ChangeExportQuery,
    FeedExportQuery,
    OutletExportQuery,
    StoryExportQuery,
    StorylineExportQuery,
)
from service.web.api.export.streaming import (
    EXPORT_RESPONSES,
    ExportSession,
    export_response,
    read_pages,
)
from service.web.api.stories.changes import read_changes_query
from service.web.api.stories.schemas import ListedStoryOut, listed_item
from service.web.api.stories.storylines import StorylineSummaryOut
from service.web.middleware.concurrency import ExportSlot
from service.web.rendering.schemas import StoryOut
from service.web.requests.parameters.fields import split_names
from service.web.requests.parameters.known_values import require_known_values
from service.web.requests.parameters.queries import follow_query, read_query
from service.web.requests.problems import PROBLEM_RESPONSES

router = APIRouter(
    prefix="/v1/export", tags=["export"], responses={**PROBLEM_RESPONSES, **EXPORT_RESPONSES}
)


@router.get("/stories", response_class=StreamingResponse)
def export_stories(
    request: Request,
    _: ExportSlot,
    session: ExportSession,
    query: Annotated[StoryExportQuery, Query()],
) -> Response:
    """Export all stories of the list, with its filters, order, `as_of`, `fields` and `include`."""
    resolved = read_query(request, session, query.parsed)
    names = [*(split_names(query.fields) or _names(StoryOut)), *split_names(query.include)]

    def load(after: Position | None, limit: int) -> Page[views.StoryView]:
        return views.list_stories(session, resolved, sort=query.sort, after=after, limit=limit)

    batches = (
        [listed_item(story, names) for story in page] for page in read_pages(load, query.limit)
    )
    return export_response(request, query, "stories", batches, model=ListedStoryOut, fields=names)


@router.get("/articles", response_class=StreamingResponse)
def export_articles(
    request: Request,
    _: ExportSlot,
    session: ExportSession,
    query: Annotated[ArticleExportQuery, Query()],
) -> Response:
    """Export all articles of the list, with its filters, order and `fields`, without evidence."""
    names = split_names(query.fields) or ARTICLE_FIELDS
    rows = stream_articles(
        session, query.filter(request, session), sort=query.sort, limit=query.limit
    )
    items = ([article_item(article) for article in batch] for batch in rows)
    batches = (
        [{name: item[name] for name in names} for item in batch] if query.fields else batch
        for batch in items
    )
    return export_response(
        request, query, "articles", batches, model=ArticleDetailOut, fields=names
    )


@router.get("/outlets", response_class=StreamingResponse)
def export_outlets(
    request: Request,
    _: ExportSlot,
    session: ExportSession,
    query: Annotated[OutletExportQuery, Query()],
) -> Response:
    """Export all outlets of the list, with its filters, order and `fields`."""
    require_known_values(session, query)
    names = split_names(query.fields) or _names(OutletOut)

    def load(after: Position | None, limit: int) -> Page[catalogue.OutletView]:
        return catalogue.list_outlets(
            session, query.filter(), sort=query.sort, after=after, limit=limit
        )

    batches = (
        [_select(OutletOut.of(outlet), names) for outlet in page]
        for page in read_pages(load, query.limit)
    )
    return export_response(request, query, "outlets", batches, model=OutletOut, fields=names)


@router.get("/feeds", response_class=StreamingResponse)
def export_feeds(
    request: Request,
    _: ExportSlot,
    session: ExportSession,
    query: Annotated[FeedExportQuery, Query()],
) -> Response:
    """Export all feeds of the list, with its filters and `fields`."""
    require_known_values(session, query)
    names = split_names(query.fields) or _names(FeedOut)

    def load(after: Position | None, limit: int) -> Page[catalogue.FeedView]:
        return catalogue.list_feeds(session, query.filter(), after=after, limit=limit)

    batches = (
        [_select(FeedOut.of(feed), names) for feed in page]
        for page in read_pages(load, query.limit)
    )
    return export_response(request, query, "feeds", batches, model=FeedOut, fields=names)


@router.get("/storylines", response_class=StreamingResponse)
def export_storylines(
    request: Request,
    _: ExportSlot,
    session: ExportSession,
    query: Annotated[StorylineExportQuery, Query()],
) -> Response:
    """Export all storylines of the list, with its filters, order and `fields`."""
    require_period(query.since, query.until)
    names = split_names(query.fields) or _names(StorylineSummaryOut)

    def load(after: Position | None, limit: int) -> Page[storylines.StorylineBrief]:
        return storylines.list_storylines(
            session,
            since=query.since,
            until=query.until,
            ids=query.id,
            text=query.title or "",
            sort=query.sort,
            after=after,
            limit=limit,
        )

    batches = (
        [_select(StorylineSummaryOut.of_brief(each), names) for each in page]
        for page in read_pages(load, query.limit)
    )
    return export_response(
        request, query, "storylines", batches, model=StorylineSummaryOut, fields=names
    )


@router.get("/changes", response_class=StreamingResponse)
def export_changes(
    request: Request,
    _: ExportSlot,
    session: ExportSession,
    query: Annotated[ChangeExportQuery, Query()],
) -> Response:
    """Export all changes of stories with ids above `since`, oldest first.

    With `q`, `query` or `as_of`, only the changes of `/v1/changes` with these parameters.
    """
    require_existing_change(session, query.since)
    changes_query = follow_query(
        request, session, read_changes_query(query.q, query.query, query.as_of)
    )
    names = _names(TransitionOut)

    def load(after: Position | None, limit: int) -> Page[StoryTransition]:
        start = after[0] if after else query.since
        page = load_matching_changes(session, start, changes_query, limit=limit)
        return Page(page.items, (page.next,) if page.more else None)

    batches = (
        [_select(TransitionOut.of(each), names) for each in page]
        for page in read_pages(load, query.limit)
    )
    return export_response(request, query, "changes", batches, model=TransitionOut, fields=names)


def _names(model: type[BaseModel]) -> list[str]:
    """The names of all fields, as in JSON."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _select(model: BaseModel, names: Sequence[str]) -> dict[str, Any]:
    data = model.model_dump(mode="json", by_alias=True)
    return {name: data[name] for name in names}
