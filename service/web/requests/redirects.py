"""Redirects (308) from merged stories to the story that they were merged into."""

from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from service.store.story_views import history, views
from service.store.story_views.views import StoryDetail
from service.web.rendering import links

MERGED_RESPONSE: dict[int | str, dict[str, Any]] = {
    308: {"description": "The story was merged; `Location` is the story it was merged into."}
}


class StoryMergedError(Exception):
    """The story was merged into another one; rendered as 308."""

    def __init__(self, story_id: str, survivor: str) -> None:
        super().__init__(f"Story {story_id} was merged into {survivor}")
        self.story_id = story_id
        self.survivor = survivor


def require_unmerged_story(
    session: Session, story_id: str, as_of: datetime | None = None
) -> StoryDetail:
    """Return a story that is not merged, now or at a past time; two statements.

    Raises:
        StoryMergedError: the story was merged.
        NotFoundError: the story does not exist, did not exist yet, or is hidden.
    """
    detail = views.get_story(session, story_id, as_of=as_of)
    if detail.story.state == "merged":
        raise StoryMergedError(story_id, history.find_survivor(session, story_id, as_of=as_of))
    return detail


def require_unmerged(session: Session, story_id: str, as_of: datetime | None = None) -> None:
    """Check a story like `require_unmerged_story` without reading its members; one statement.

    Raises:
        StoryMergedError: the story was merged.
        NotFoundError: the story does not exist, did not exist yet, or is hidden.
    """
    if views.get_state(session, story_id, as_of=as_of) == "merged":
        raise StoryMergedError(story_id, history.find_survivor(session, story_id, as_of=as_of))


def add_exception_handler(app: FastAPI) -> None:
    """Redirect requests for merged stories; the rest of the path and the query are preserved."""

    async def redirect(request: Request, error: Exception) -> Response:
        if not isinstance(error, StoryMergedError):
            raise error
        target = links.story_api_path(error.survivor)
        rest = request.scope["path"].partition(f"/stories/{error.story_id}")[2]
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{target}{rest}{query}", 308)

    app.add_exception_handler(StoryMergedError, redirect)
