"""Two days of real feeds as labelled files: the repository holds the labels, the feeds the text.

    python -m tests.quality.sets.days FEEDS_DIR OUT_DIR

writes one file of JSON lines for each file of `labels/`, from the raw feeds of a folder. Labels are
kept by the digest of an article's canonical URL, because addresses carry headlines.
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
from service.errors import FeedError
from service.ingest.admit import admit_feed
from service.ingest.catalogue_files import index_sites, read_outlets
from service.ingest.parsing.parse import parse_feed
from service.settings.load import load
from service.settings.paths import CONFIG_DIR

LABELS = Path(__file__).parent / "labels"
#: The feeds were saved before this moment.
NOW = datetime(2026, 1, 1, tzinfo=UTC)
#: What every labelled article is written in, whatever its feed says.
LANGUAGE = "en"
_BASE = "http://x/"
_KEY_CHARACTERS = 16

Labels = Mapping[str, Mapping[str, str]]
Row = dict[str, Any]


def write_days(feeds: Path, folder: Path) -> list[Path]:
    """Write a file for each labelled day; the same feeds give the same bytes.

    Raises:
        BadInputError: a file cannot be written.
        LookupError: a labelled article is not in the feeds.
    """
    drafts = newest_per_url(feeds)
    written = []
    for path in sorted(LABELS.glob("*.json")):
        target = folder / f"{path.stem}.jsonl"
        jsonl.write_lines(str(target), labelled(drafts, json.loads(path.read_text("utf-8"))))
        written.append(target)
    return written


def newest_per_url(feeds: Path) -> dict[str, Row]:
    """Every dated article of a folder of feeds, by the key of its label.

    One that several files carry is a revision, as for the daemon: it keeps its first date and
    outlet, and has the words of the last file by name.
    """
    sites = index_sites([read_outlets(CONFIG_DIR / "outlets.toml")])
    found: dict[str, Row] = {}
    for name in feed_paths(feeds):
        for draft in drafts_of(feeds / name):
            first = found.setdefault(key_of(draft.url), row_of(draft, name, sites))
            first |= {"title": draft.title, "text": draft.text}
    return {key: row for key, row in found.items() if row["published"]}


def drafts_of(path: Path) -> Iterator[Draft]:
    """The articles of one feed file; none where it is no feed."""
    url = _BASE + path.name
    try:
        parsed = parse_feed(path.read_bytes(), url=url)
    except FeedError:
        return
    about = FeedContext(url, parsed.link, parsed.language)
    yield from admit_feed(parsed.entries, about, now=NOW, settings=load({}).admit)[0]


def key_of(url: str) -> str:
    """The key of an article's label: how the SHA-256 of its canonical URL begins, in hex."""
    return hashlib.sha256(url.encode()).hexdigest()[:_KEY_CHARACTERS]


def row_of(draft: Draft, name: str, sites: SiteIndex) -> Row:
    """One article; its outlet is that of its link, or else its file, as in `samestory demo`."""
    return {
        "id": draft.url,
        "title": draft.title,
        "text": draft.text,
        "outlet": sites.match(draft.link) or f"file:{name}",
        "url": draft.url,
        "published": draft.published.isoformat() if draft.published else None,
        "lang": LANGUAGE,
    }


def labelled(drafts: Mapping[str, Row], labels: Labels) -> list[Row]:
    """The labelled articles with their labels, by date."""
    if missing := sorted(labels.keys() - drafts.keys()):
        raise LookupError(f"not in these feeds: {len(missing)} labelled articles")
    rows = [{**drafts[key], **label} for key, label in labels.items()]
    return sorted(rows, key=lambda row: (row["published"], row["id"]))


def main(
    feeds: Annotated[Path, typer.Argument(help="The folder of raw feeds.")],
    out: Annotated[Path, typer.Argument(help="An existing folder for the files.")],
) -> None:
    """Write the labelled days as files that `samestory evaluate` and `train` read."""
    for path in write_days(feeds, out):
        typer.echo(path)


if __name__ == "__main__":
    typer.run(main)
