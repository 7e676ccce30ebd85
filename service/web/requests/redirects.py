"""Stories that were merged: their addresses lead to where they live on."""

from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from service.store.story_views import history, views
from service.store.story_views.views import StoryDetail
from service.web.rendering import links

MOVED: dict[int | str, dict[str, Any]] = {
    308: {"description": "The story was merged; `Location` names the one it lives on in."}
}


class MovedError(Exception):
    """The story was merged; rendered as 308."""

    def __init__(self, story_id: str, survivor: str) -> None:
        super().__init__(f"{story_id} lives on in {survivor}")
        self.story_id = story_id
        self.survivor = survivor


def standing_story(session: Session, story_id: str, as_of: datetime | None = None) -> StoryDetail:
    """One story that was not merged, now or as of an instant; two statements.

    Raises:
        MovedError: it was merged.
        NotFoundError: there is no such story, was none yet, or an editor hid it.
    """
    detail = views.get_story(session, story_id, as_of=as_of)
    if detail.story.state == "merged":
        raise MovedError(story_id, history.survivor_of(session, story_id, as_of=as_of))
    return detail


def require_standing(session: Session, story_id: str, as_of: datetime | None = None) -> None:
    """Refuse as `standing_story` does, without reading the story's members; one statement.

    Raises:
        MovedError: it was merged.
        NotFoundError: there is no such story, was none yet, or an editor hid it.
    """
    if views.state_of(session, story_id, as_of=as_of) == "merged":
        raise MovedError(story_id, history.survivor_of(session, story_id, as_of=as_of))


def install(app: FastAPI) -> None:
    """Let an application lead on from merged stories, to the same part with the same query."""
    app.add_exception_handler(MovedError, _moved)


def _moved(request: Request, error: Exception) -> Response:
    if not isinstance(error, MovedError):
        raise error
    found = links.story_api(error.survivor)
    rest = request.scope["path"].partition(f"/stories/{error.story_id}")[2]
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{found}{rest}{query}", 308)
