"""Articles and files of the sample feeds, as material of the benchmarks."""

from datetime import UTC, datetime
from pathlib import Path

from service.domain.articles.entries import FeedContext
from service.domain.articles.model import Article
from service.ingest.admit import admit_feed
from service.ingest.parsing.parse import parse_feed
from service.settings import load as settings_module
from service.settings.paths import SEEDS_DIR


def sample_articles() -> list[Article]:
    """Parse the articles of the sample feeds."""
    settings = settings_module.load({})
    drafts = [
        draft
        for path in feed_files()
        for feed in [parse_feed(path.read_bytes(), url=f"https://sample.example/{path.name}")]
        for draft in admit_feed(
            feed.entries,
            FeedContext(f"https://sample.example/{path.name}"),
            now=datetime(2023, 5, 12, tzinfo=UTC),
            settings=settings.admit,
        )[0]
    ]
    return [
        Article(
            number, draft.title, max(draft.text, draft.body, key=len), published=draft.published
        )
        for number, draft in enumerate(drafts)
    ]


def feed_files() -> list[Path]:
    return sorted((SEEDS_DIR / "feeds").iterdir())
