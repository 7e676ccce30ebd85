"""Labelled sets of two days of real feeds: labels from the repository, text from raw feeds.

    python -m tests.quality.sets.days FEEDS_DIR OUT_DIR

Writes one JSON Lines file for each file of `labels/`, from a folder of raw feeds. The key of a
label is a digest of the article's canonical URL, because URLs contain headlines.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from service.commands.demo.server import feed_paths
from service.commands.research import jsonl
from service.domain.articles.entries import Draft, FeedContext
from service.domain.catalogue.outlets import SiteIndex
from service.domain.identity.keys import key_entries
from service.domain.urls.canonical import canonical_url
from service.errors import FeedError
from service.ingest.admit import admit_feed
from service.ingest.catalogue_files import index_sites, read_outlets
from service.ingest.parsing.parse import parse_feed
from service.settings.load import load
from service.settings.paths import CONFIG_DIR

LABELS = Path(__file__).parent / "labels"
#: The feeds were saved before this date.
NOW = datetime(2026, 1, 1, tzinfo=UTC)
#: Language of every labelled article, whatever its feed declares.
LANGUAGE = "en"
_BASE = "http://x/"
_KEY_CHARACTERS = 16

LabelTable = Mapping[str, Mapping[str, str]]
Row = dict[str, Any]


def write_days(feeds: Path, folder: Path) -> list[Path]:
    """Write a file for each labelled day. Deterministic: the same feeds give the same bytes.

    Raises:
        BadInputError: a file cannot be written.
        LookupError: a labelled article is not in the feeds.
    """
    drafts = newest_per_url(feeds)
    written = []
    for path in sorted(LABELS.glob("*.json")):
        target = folder / f"{path.stem}.jsonl"
        jsonl.write_lines(str(target), label_articles(drafts, json.loads(path.read_text("utf-8"))))
        written.append(target)
    return written


def newest_per_url(feeds: Path) -> dict[str, Row]:
    """All dated articles of a folder of feeds, by label key.

    Like the daemon, an article in several files counts as revised: it has the date and outlet of
    the first file and the text of the last file by name.
    """
    sites = index_sites([read_outlets(CONFIG_DIR / "outlets.toml")])
    articles: dict[str, Row] = {}
    for name in feed_paths(feeds):
        for draft in parse_drafts(feeds / name):
            row = article_row(draft, name, sites)
            first = articles.setdefault(label_key(row["url"]), row)
            first |= {"title": draft.title, "text": draft.text}
    return {key: row for key, row in articles.items() if row["published"]}


def parse_drafts(path: Path) -> Iterator[Draft]:
    """Parse the articles of one feed file; yields none if it is not a feed."""
    url = _BASE + path.name
    try:
        parsed = parse_feed(path.read_bytes(), url=url)
    except FeedError:
        return
    about = FeedContext(url, parsed.link, parsed.language)
    drafts, _ = admit_feed(parsed.entries, about, now=NOW, settings=load({}).admit)
    yield from (entry.draft for entry in key_entries(drafts, 0))


def label_key(url: str) -> str:
    """Label key of an article: the beginning of the SHA-256 of its canonical URL, in hex."""
    return hashlib.sha256(url.encode()).hexdigest()[:_KEY_CHARACTERS]


def article_row(draft: Draft, name: str, sites: SiteIndex) -> Row:
    """The row of an article; its outlet is that of its link, else its file name."""
    url = canonical_url(draft.url) or draft.url
    return {
        "id": url,
        "title": draft.title,
        "text": draft.text,
        "outlet": sites.match(draft.url) or f"file:{name}",
        "url": url,
        "published": draft.published.isoformat() if draft.published else None,
        "lang": LANGUAGE,
    }


def label_articles(drafts: Mapping[str, Row], labels: LabelTable) -> list[Row]:
    """Labelled articles with their labels, sorted by date."""
    if missing := sorted(labels.keys() - drafts.keys()):
        raise LookupError(f"not in these feeds: {len(missing)} labelled articles")
    rows = [{**drafts[key], **label} for key, label in labels.items()]
    return sorted(rows, key=lambda row: (row["published"], row["id"]))


def main(
    feeds: Annotated[Path, typer.Argument(help="Folder of raw feeds.")],
    out: Annotated[Path, typer.Argument(help="Existing output folder.")],
) -> None:
    """Write the labelled days as files for `samestory evaluate` and `train`."""
    for path in write_days(feeds, out):
        typer.echo(path)


if __name__ == "__main__":
    typer.run(main)
