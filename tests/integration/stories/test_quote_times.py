"""A quote shows no time of day if only the day of its report is known, on pages and in emails."""

from datetime import timedelta

from service.domain.stories.description import Details
from service.domain.stories.wording.summary import Quote
from service.store.database.sessions import Sessions
from service.store.stories.details import to_json
from service.store.story_views.views import get_stories
from service.store.subscribers.digest_stories import to_digest_story
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import serving

MINUTE, DAY, NONE = "Pilots walked out.", "Trains stood still.", "Ports were closed."


def test_only_exact_times_are_shown_beside_a_quote(sessions: Sessions) -> None:
    early = NOW - timedelta(hours=30)
    with sessions.begin() as session:
        rows = Rows(session)
        exact, day, undated = (
            rows.article(rows.outlet(slug), f"Strike at {slug}", at=early)
            for slug in ("exact", "day", "undated")
        )
        day.date_precision = "day"
        undated.published = None
        quotes = [
            Quote(article.id, slug, text, at=article.reported_at)
            for article, slug, text in (
                (exact, "exact", MINUTE),
                (day, "day", DAY),
                (undated, "undated", NONE),
            )
        ]
        details = to_json(Details(summary=tuple(quotes)))
        rows.story("strike", [exact, day, undated], details=details)
    with serving(sessions) as site:
        brief = site.page("/stories/strike").text.partition('id="summary"')[2]
    shown = {text: brief.partition(text)[2].partition("</time>")[0] for text in (MINUTE, DAY, NONE)}
    time = f"{early:%H:%M}"
    assert time in shown[MINUTE].rpartition(">")[2]
    assert shown[DAY].rpartition(">")[2] == f"{early.day} {early:%b}"
    assert shown[NONE].rpartition(">")[2] == "no date"
    with sessions() as session:
        story = to_digest_story(get_stories(session, ["strike"])["strike"])
    assert [each.at for each in story.summary] == [early, None, None]
