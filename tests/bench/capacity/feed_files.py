"""Synthetic feeds whose entries report events, for measuring the jobs."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

from tests.bench.samples import sample_articles

FEEDS, ENTRIES = 40, 20
#: Mean number of reports per event: 10,000 articles in 3,000 stories, as in decision record 0040.
REPORTS_PER_EVENT = 10 / 3
#: Sentences of a full text.
TEXT_SENTENCES = 25
#: Hours before `now` in which the entries are published.
HOURS = 48.0


@dataclass(frozen=True, slots=True)
class Event:
    """The sentences that the reports of an event share, and its hours before `now`."""

    sentences: Sequence[str]
    age_hours: float


def write_feeds(folder: Path, now: datetime, *, with_text: bool) -> None:
    """Write feeds of sentences of the sample articles; `with_text` adds a full text per entry."""
    rng = random.Random(5)
    sentences = sample_sentences()
    events = [
        Event(rng.sample(sentences, 8), rng.uniform(1, HOURS))
        for _ in range(round(FEEDS * ENTRIES / REPORTS_PER_EVENT))
    ]
    for number in range(FEEDS):
        items = "".join(
            _item(
                f"https://outlet{number}.example/{entry}",
                now - timedelta(hours=event.age_hours * rng.uniform(0.8, 1)),
                [*rng.sample(event.sentences, 4), rng.choice(sentences)],
                rng.sample(sentences, TEXT_SENTENCES) if with_text else [],
            )
            for entry, event in enumerate(rng.sample(events, ENTRIES))
        )
        channel = f"<title>Outlet {number}</title><link>https://outlet{number}.example/</link>"
        (folder / f"{number}.xml").write_text(
            '<?xml version="1.0"?><rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/">'
            f"<channel>{channel}{items}</channel></rss>",
            encoding="utf-8",
        )


def sample_sentences() -> list[str]:
    """Return the sentences of the sample articles with more than 40 characters."""
    return [
        sentence
        for article in sample_articles()
        for sentence in article.text.split(". ")
        if len(sentence) > 40
    ]


def _item(url: str, published: datetime, summary: Sequence[str], content: Sequence[str]) -> str:
    title, *lead = summary
    body = "".join(f"<p>{escape(sentence)}.</p>" for sentence in content)
    encoded = f"<content:encoded>{escape(body)}</content:encoded>" if content else ""
    text = "".join(f"<p>{escape(sentence)}.</p>" for sentence in lead)
    return (
        f"<item><title>{escape(title[:90])}</title><link>{url}</link><guid>{url}</guid>"
        f"<description>{escape(text)}</description>{encoded}"
        f"<pubDate>{format_datetime(published)}</pubDate></item>"
    )
