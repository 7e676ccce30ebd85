"""A search as a feed: the stories that it finds, for whoever follows some words."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from service.store.story_views.views import stories_of
from service.web.api.search.search import Asked, asked, search_store
from service.web.api.stories.syndication import NEVER, WRITTEN, FormatPath, entry_of, written_feed
from service.web.dependencies import Context
from service.web.middleware.concurrency import SearchTurn
from service.web.middleware.etags import TaggedSession
from service.web.rendering.syndication import Channel, key_of
from service.web.requests.problems import PROBLEMS

router = APIRouter(prefix="/v1/search", tags=["feeds out"], responses=PROBLEMS)


@router.get("/feed.{form}", responses=WRITTEN, response_class=Response)
def feed_of_search(  # FastAPI calls it by name
    request: Request,
    wanted: Annotated[Asked, Depends(asked)],
    _: SearchTurn,
    session: TaggedSession,
    web: Context,
    form: FormatPath,
) -> Response:
    """The stories that a search finds, as a feed, the best first; it takes what the search takes.

    With `by=words` it costs least, and a reader that asks again and again gets the same.
    """
    if wanted.hurried:  # the same question finds more soon, while the store stands as it is
        request.state.validators = None
    found = search_store(request, session, wanted).found
    known = stories_of(session, list(found.stories))
    base, query = str(request.base_url), request.url.query
    channel = Channel(
        key=key_of("search", query),
        title=f"{web.title}: {wanted.query.q}",
        url=str(request.url),
        page=f"{base}search?{query}",
        entries=[entry_of(known[key], base) for key in found.stories if key in known],
        since=wanted.query.since or NEVER,
    )
    return written_feed(channel, form)
