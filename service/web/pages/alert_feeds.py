"""Alert feeds: the stories that match an alert as a news feed, at a signed link.

The token of a feed cannot stop the alert, so a feed reader that gets the link can only read.
"""

from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request, Response

from service.domain.queries.conditions import Field, between_times
from service.domain.subscribers.alerts import matches
from service.mail.signed_links import sign_token
from service.store.story_views.views import list_stories
from service.store.subscribers import alerts
from service.store.subscribers.digest_stories import add_texts, to_digest_story
from service.web.api.stories.syndication import FormatPath, feed_response, story_entry
from service.web.dependencies import ReadSession, WebContextDep
from service.web.middleware.concurrency import SearchSlot
from service.web.pages.subscriptions import FEEDS, Token, verify_link
from service.web.rendering.formats.syndication import Channel, Format

router = APIRouter(prefix="/digest", include_in_schema=False)

#: Age limit and number of stories in a feed; the age limit is that of the digest.
MAX_AGE, MAX_ENTRIES = timedelta(days=7), 50
STOPPED = "This alert was stopped. Remove the feed from your reader."
#: A personal feed that clients revalidate each time.
HEADERS = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}


@router.get("/feeds/{token}.{form}", response_class=Response)
def alert_feed(
    request: Request,
    _: SearchSlot,
    session: ReadSession,
    web: WebContextDep,
    token: Token,
    form: FormatPath,
) -> Response:
    """The latest matching stories of the last seven days; 410 after the alert was stopped."""
    owned = alerts.get(session, verify_link(session, web, FEEDS, token))
    if owned.stopped:
        raise HTTPException(410, STOPPED)
    base = str(request.base_url)
    latest_only = between_times(Field.REPORTED, web.clock() - MAX_AGE)
    recent = list_stories(session, latest_only, limit=web.settings.editions.max_candidates).items
    stories = list(map(to_digest_story, recent))
    [alert] = alerts.load_saved_queries(session, [owned.alert], stories, now=web.clock())
    conditions = alert.conditions
    if conditions.saved:
        stories = add_texts(session, stories)
    matching = [
        each for each, story in zip(recent, stories, strict=True) if matches(story, conditions)
    ]
    latest = sorted(matching, key=lambda each: each.changed_at, reverse=True)[:MAX_ENTRIES]
    channel = Channel(
        key=f"urn:samestory:alert:{owned.alert.id}",
        title=f"{web.title}: {conditions}",
        url=str(request.url),
        page=base,
        entries=[story_entry(each, base) for each in latest],
        since=owned.alert.created_at,
    )
    response = feed_response(channel, form)
    response.headers.update(HEADERS)
    return response


def feed_path(key: bytes, alert: int) -> str:
    """Path of an alert's feed; `key` signs links."""
    return f"/digest/feeds/{sign_token(key, FEEDS, alert)}.{Format.ATOM}"
