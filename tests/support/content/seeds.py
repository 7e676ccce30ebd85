"""Sample articles and labels of `seeds/`, parsed and admitted with the production code."""

import json
from datetime import UTC, datetime

from service.domain.articles.entries import Draft, FeedContext
from service.domain.articles.model import Article
from service.domain.identity.keys import key_entries
from service.domain.urls.canonical import canonical_url
from service.ingest.admit import admit_feed
from service.ingest.opml import read_opml
from service.ingest.parsing.parse import parse_feed
from service.settings import load
from service.settings.paths import SEEDS_DIR

NOW = datetime(2023, 5, 12, 18, tzinfo=UTC)
_BASE = "http://x/"


def seed_articles() -> list[Article]:
    """Return one article per label, in the order of the labels, with canonical URLs as ids."""
    opml = read_opml((SEEDS_DIR / "feeds.opml").read_bytes(), name="seeds", base_url=_BASE)
    admitted = [draft for feed in opml.feeds for draft in _admit_feed(feed.url)]
    drafts = {
        canonical_url(draft.url) or draft.url: draft
        for draft in sorted(admitted, key=lambda draft: draft.updated or draft.published or NOW)
    }
    outlets = {
        canonical_url(label["url"]) or label["url"]: label["outlet"] for label in seed_labels()
    }
    return [_article(url, drafts[url], outlet) for url, outlet in outlets.items()]


def seed_labels() -> list[dict[str, str]]:
    """Return the lines of `labels.jsonl`."""
    lines = (SEEDS_DIR / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _admit_feed(url: str) -> list[Draft]:
    parsed = parse_feed((SEEDS_DIR / url.removeprefix(_BASE)).read_bytes(), url=url)
    context = FeedContext(url, language=parsed.language)
    drafts, _ = admit_feed(parsed.entries, context, now=NOW, settings=load.load({}).admit)
    return [entry.draft for entry in key_entries(drafts, 0)]


def _article(url: str, draft: Draft, outlet: str) -> Article:
    return Article(
        id=url,
        title=draft.title,
        text=max(draft.text, draft.body, key=len),
        outlet=outlet,
        url=url,
        published=draft.published,
        lang=draft.language,
    )
