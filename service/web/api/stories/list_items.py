"""Items of the story list as JSON, with the requested fields."""

from fastapi import Request
from pydantic_core import from_json, to_json
from sqlalchemy.orm import Session

from service.domain.queries.conditions import Query
from service.store.story_views.fingerprints import list_fingerprints
from service.web.api.stories.query import CURSORS, StoryQuery, list_page
from service.web.api.stories.schemas import listed_item
from service.web.rendering.schemas import StoryOut
from service.web.rendering.story_item_cache import StoryItemCache
from service.web.requests.parameters.fields import split_names


def list_items(
    request: Request, session: Session, parameters: StoryQuery, query: Query
) -> tuple[list[bytes], str | None]:
    """A page of items, and the cursor of the next page; `query` is the result of `read_query`."""
    names = split_names(parameters.fields)
    if query.time is None and not parameters.include and StoryOut.model_fields.keys() >= {*names}:
        items, next_cursor = _list_current(request, session, parameters, query)
        return [_select(each, names) for each in items] if names else items, next_cursor
    stories, next_cursor = list_page(
        session, query, sort=parameters.sort, limit=parameters.limit, after=parameters.cursor
    )
    names = [*(names or StoryOut.model_fields), *split_names(parameters.include)]
    return [to_json(listed_item(story, names)) for story in stories], next_cursor


def _list_current(
    request: Request, session: Session, parameters: StoryQuery, query: Query
) -> tuple[list[bytes], str | None]:
    cursor = CURSORS[parameters.sort]
    page = list_fingerprints(
        session,
        query,
        sort=parameters.sort,
        after=cursor.decode(parameters.cursor),
        limit=parameters.limit,
    )
    cache: StoryItemCache = request.app.state.story_items
    return cache.load(session, page.items), cursor.encode(page.next)


def _select(item: bytes, names: list[str]) -> bytes:
    fields = from_json(item)
    return to_json({name: fields[name] for name in names})
