"""The stories that an alert, a saved query of a subscriber, asks for, as a feed at a signed link.

Its link is another one than that which stops the alert: whoever is given it, such as a service
that reads feeds, can read and nothing else.
"""

from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request, Response

from service.domain.subscribers.alerts import Query, matches
from service.mail.signed_links import token
from service.store.story_views.filters import StoryFilter
from service.store.story_views.views import StoryView, list_stories
from service.store.subscribers import alerts
from service.store.subscribers.digest_stories import story
from service.web.api.stories.syndication import FormatPath, entry_of, written_feed
from service.web.dependencies import Context, ReadSession
from service.web.middleware.concurrency import SearchTurn
from service.web.pages.subscriptions import FEEDS, Token, signed_number
from service.web.rendering.syndication import Channel, Format

router = APIRouter(prefix="/digest", include_in_schema=False)

#: Stories that were reported since, as the digest looks at them; and of these so many.
REACH, MOST = timedelta(days=7), 50
GONE = "this alert was stopped; take the feed out of your reader"
#: For its reader, who asks anew each time and gets 304 while nothing changed.
OWN = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}


@router.get("/feeds/{signed}.{form}", response_class=Response)
def feed_of_alert(  # FastAPI calls it by name
    request: Request,
    _: SearchTurn,
    session: ReadSession,
    web: Context,
    signed: Token,
    form: FormatPath,
) -> Response:
    """The latest stories of the last seven days that an alert asks for; 410 once it was stopped."""
    owned = alerts.get(session, signed_number(session, FEEDS, signed))
    if owned.stopped:
        raise HTTPException(410, GONE)
    asked, base = owned.alert.query, str(request.base_url)
    since = web.clock() - REACH
    limit = web.settings.issues.stories
    listed = list_stories(session, StoryFilter(since=since), limit=limit).items
    channel = Channel(
        key=f"urn:samestory:alert:{owned.alert.id}",
        title=f"{web.title}: {asked}",
        url=str(request.url),
        page=base,
        entries=[entry_of(each, base) for each in _asked_for(listed, asked)],
        since=owned.alert.since,
    )
    answer = written_feed(channel, form)
    answer.headers.update(OWN)
    return answer


def feed_path(key: bytes, alert: int) -> str:
    """Where an alert is read as a feed; `key` signs links."""
    return f"/digest/feeds/{token(key, FEEDS, alert)}.{Format.ATOM}"


def _asked_for(listed: tuple[StoryView, ...], asked: Query) -> list[StoryView]:
    found = [each for each in listed if matches(story(each), asked)]
    return sorted(found, key=lambda each: each.changed_at, reverse=True)[:MOST]
