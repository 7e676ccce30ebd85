"""Reports of made-up events, admitted without fetching: for tests of what follows."""

import random
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from jobs.running.context import Context
from service.domain.articles.entries import Draft, content_hash
from service.domain.catalogue.outlets import Outlet
from service.store.articles import articles
from service.store.articles.articles import Source
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.tables import FeedRow

VOWELS, CONSONANTS = "aeiou", "bdfgklmnprstvz"
#: Words of a report; more than half of them shared is one event to the pair score.
LENGTH = 15


def words_of(event: int) -> list[str]:
    """Words that no other event has."""
    rng = random.Random(event)
    letters = [(rng.choice(CONSONANTS), rng.choice(VOWELS)) for _ in range(4 * LENGTH)]
    syllables = ["".join(pair) for pair in letters]
    return ["".join(syllables[start : start + 4]).title() for start in range(0, 4 * LENGTH, 4)]


def report(event: int, teller: int, *, other: int | None = None) -> tuple[str, str]:
    """A teller's report in an order of words of its own; half about another event, if given."""
    told = words_of(event)
    if other is not None:
        told = told[: LENGTH // 2] + words_of(other)[LENGTH // 2 :]
    random.Random(teller).shuffle(told)
    return " ".join(told[:6]), " ".join(told) + "."


class Wire:
    """Some outlets with a feed each, whose reports are admitted directly."""

    def __init__(self, context: Context, *, outlets: int = 4) -> None:
        self._sessions = context.sessions
        names = [f"o{number}" for number in range(outlets)]
        with self._sessions.begin() as session:
            known = [Outlet(name, name.title(), sites=(f"{name}.example",)) for name in names]
            feeds.save_outlets(session, known)
            new_feeds = [NewFeed(f"https://{name}.example/feed", name, name) for name in names]
            feeds.add_feeds(session, new_feeds, now=context.clock())
            ids = feeds.outlet_ids(session)
            found = session.execute(select(FeedRow.id, FeedRow.outlet_id).order_by(FeedRow.id))
            sites = feeds.site_index(session)
            self._sources = [Source(feed, outlet, ids, sites) for feed, outlet in found]

    def publish(
        self, outlet: int, reports: Sequence[tuple[str, tuple[str, str]]], now: datetime
    ) -> None:
        """Admit reports by slug, new ones and changed ones."""
        drafts = [_draft(outlet, slug, told, now) for slug, told in reports]
        with self._sessions.begin() as session:
            articles.admit(session, drafts, self._sources[outlet], now=now)


def _draft(outlet: int, slug: str, told: tuple[str, str], now: datetime) -> Draft:
    title, text = told
    url = f"https://o{outlet}.example/{slug}"
    return Draft(
        url=url,
        link=url,
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
