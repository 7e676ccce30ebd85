"""Reports of invented events, admitted directly, without fetching."""

import random
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from jobs.running.context import Context
from service.domain.articles.entries import Draft, content_hash
from service.domain.catalogue.outlets import Outlet
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.identity import admission
from service.store.identity.admission import Source
from service.store.tables import FeedRow

VOWELS, CONSONANTS = "aeiou", "bdfgklmnprstvz"
#: Words per report. The pair score joins reports that share more than half of them.
WORDS_PER_REPORT = 15


def generate_words(event: int) -> list[str]:
    """Generate words that are unique to an event."""
    rng = random.Random(event)
    letters = [(rng.choice(CONSONANTS), rng.choice(VOWELS)) for _ in range(4 * WORDS_PER_REPORT)]
    syllables = ["".join(pair) for pair in letters]
    return [
        "".join(syllables[start : start + 4]).title() for start in range(0, 4 * WORDS_PER_REPORT, 4)
    ]


def report(event: int, author: int, *, other: int | None = None) -> tuple[str, str]:
    """Title and text of an author's report in random word order; half about `other`, if given."""
    words = generate_words(event)
    if other is not None:
        words = words[: WORDS_PER_REPORT // 2] + generate_words(other)[WORDS_PER_REPORT // 2 :]
    random.Random(author).shuffle(words)
    return " ".join(words[:6]), " ".join(words) + "."


class Wire:
    """Outlets with one feed each, whose reports are admitted directly."""

    def __init__(self, context: Context, *, outlets: int = 4) -> None:
        self._sessions = context.sessions
        self._future_tolerance = context.settings.admit.future_tolerance
        names = [f"o{number}" for number in range(outlets)]
        with self._sessions.begin() as session:
            new_outlets = [Outlet(name, name.title(), sites=(f"{name}.example",)) for name in names]
            feeds.save_outlets(session, new_outlets)
            new_feeds = [NewFeed(f"https://{name}.example/feed", name, name) for name in names]
            feeds.add_feeds(session, new_feeds, now=context.clock())
            ids = feeds.load_outlet_ids(session)
            rows = session.execute(select(FeedRow.id, FeedRow.outlet_id).order_by(FeedRow.id))
            sites = feeds.load_site_index(session)
            self._sources = [Source(feed, outlet, ids, sites) for feed, outlet in rows]

    def publish(
        self, outlet: int, reports: Sequence[tuple[str, tuple[str, str]]], now: datetime
    ) -> None:
        """Admit new and changed reports, identified by slug."""
        drafts = [_draft(outlet, slug, report, now) for slug, report in reports]
        with self._sessions.begin() as session:
            admission.admit(
                session,
                drafts,
                self._sources[outlet],
                now=now,
                future_tolerance=self._future_tolerance,
            )


def _draft(outlet: int, slug: str, report: tuple[str, str], now: datetime) -> Draft:
    title, text = report
    url = f"https://o{outlet}.example/{slug}"
    return Draft(
        url=url,
        title=title,
        text=text,
        body="",
        author="",
        language="en",
        published=now,
        claimed_date=now,
        date_flag="ok",
        updated=None,
        categories=(),
        content_hash=content_hash(title, text),
    )
