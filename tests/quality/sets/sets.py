"""Labelled sets for quality tests: files, profiles, reading and encoding."""

import fcntl
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from service.commands.research import jsonl
from service.domain.articles.boilerplate import remove_boilerplate
from service.domain.articles.model import Article, ArticleId, Vectors
from service.domain.evaluation.grouping_metrics import Agreement, bcubed
from service.embed.articles import encode_articles
from service.embed.encoder import Encoder
from service.settings import load
from service.settings.load import Settings
from tests.quality.sets import headlines
from tests.quality.sets.days import LABELS, write_days
from tests.support.content.seeds import seed_articles, seed_labels

#: Sets of headlines, in all languages and in English.
HEADLINES = headlines.set_names()
#: Suffix of a set that is measured under the profile `english` instead of the default one.
ENGLISH_PROFILE = "_profile_english"
#: Suffix of a set that is used with its titles only.
TITLES = "_titles"
#: Maximum number of lines of large sets, to save time; the cut is between stories.
MAX_LINES = {f"allsides_triples{TITLES}": 4002}
#: Samples of `seeds/` in English, and in all languages.
ENGLISH_SEEDS = "seeds_english"
SEEDS = (ENGLISH_SEEDS, "seeds_all_languages")
#: Made-up articles of one day about events that differ only in people or places.
SIMILAR_EVENTS = "similar_events"
#: 75 pairs and triples of similar events of 23 kinds, in 17 languages; `half` is `seen` for the
#: half that was read while the rule was changed.
SIMILAR_KINDS = "similar_kinds"


@dataclass(frozen=True, slots=True)
class EncodedSet:
    """A set with its labels, vectors, settings, and the SHA-256 of its file in hex.

    `labels` and the rows of `vectors` are in the order of `articles`; `seconds` is the duration of
    encoding.
    """

    name: str
    digest: str
    articles: list[Article]
    labels: list[jsonl.Label]
    vectors: Vectors
    settings: Settings
    seconds: float

    def agreement(self, stories: Mapping[ArticleId, object]) -> Agreement:
        """B-cubed agreement of a grouping of these articles."""
        return bcubed(self.labels, [stories[article.id] for article in self.articles])


def settings_for(name: str) -> Settings:
    """Default settings under the profile of a set, in float32 on every processor.

    bfloat16 changes vectors slightly, and so trained weights and F1; see docs/quality.md.
    """
    profile = "english" if name.endswith(ENGLISH_PROFILE) else ""
    return load.load({"SAMESTORY_EMBED__PRECISION": "float32"}, profile=profile)


def needs_external_data(name: str) -> bool:
    """Whether a set needs the folder of third-party data."""
    return name.removesuffix(ENGLISH_PROFILE) not in {*SEEDS, SIMILAR_EVENTS, SIMILAR_KINDS}


def set_file(name: str, data: Path, folder: Path) -> Path:
    """Path of a set's file: one of the data, or one generated in `folder`.

    Raises:
        FileNotFoundError: the data are missing.
    """
    name = name.removesuffix(ENGLISH_PROFILE)
    if name in SEEDS:
        return _seeds_file(name, folder)
    if name in (SIMILAR_EVENTS, SIMILAR_KINDS):
        return Path(__file__).parent / f"{name}.jsonl"
    if name.endswith(TITLES):
        whole = set_file(name.removesuffix(TITLES), data, folder)
        return _titles_file(whole, folder / name, MAX_LINES.get(name))
    if name in HEADLINES:
        return _headlines_file(name, data, folder)
    if (LABELS / f"{name}.json").exists():
        return _day_file(name, data / "feeds" / "outlets", folder)
    for ending in (".jsonl", ".jsonl.gz"):
        path = data / "stories" / f"{name}{ending}"
        if path.is_file():
            return path
    raise FileNotFoundError(data / "stories" / f"{name}.jsonl")


def labelled(
    name: str, path: Path, load_encoder: Callable[[], Encoder], stored: Path
) -> EncodedSet:
    """Read and encode a set.

    The folder `stored` keeps the vectors of all sets, so that the processes of a test run encode
    each set once.
    """
    lines = jsonl.read_lines(str(path))
    articles = remove_boilerplate(jsonl.parse_articles(str(path), lines))
    settings = settings_for(name)
    with (stored / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = stored / f"{name}.npz"
        if not file.exists():
            encoder = load_encoder()
            start = time.perf_counter()
            encoded = encode_articles(encoder, articles, languages=settings.embed.languages)
            seconds = time.perf_counter() - start
            np.savez(file, model=encoded.model, values=encoded.values, seconds=seconds)
    content = np.load(file)
    return EncodedSet(
        name=name,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        articles=articles,
        labels=list(jsonl.read_labels(str(path), lines).values()),
        vectors=Vectors(str(content["model"]), content["values"]),
        settings=settings,
        seconds=float(content["seconds"]),
    )


def _day_file(name: str, feeds: Path, folder: Path) -> Path:
    path = folder / f"{name}.jsonl"
    if not feeds.is_dir():
        raise FileNotFoundError(feeds)
    if not path.exists():
        write_days(feeds, folder)
    return path


def _headlines_file(name: str, data: Path, folder: Path) -> Path:
    path = folder / f"{name}.jsonl"
    headlines.write(name, data, path)
    return path


def _titles_file(whole: Path, path: Path, most: int | None) -> Path:
    rows = [{**line.values, "text": ""} for line in jsonl.read_lines(str(whole))[:most]]
    jsonl.write_lines(str(path), rows)
    return path


def _seeds_file(name: str, folder: Path) -> Path:
    rows = [
        {
            "id": article.id,
            "story": label["story"],
            "title": article.title,
            "text": article.text,
            "outlet": article.outlet,
            "published": article.published.isoformat() if article.published else None,
            "lang": article.lang,
        }
        for article, label in zip(seed_articles(), seed_labels(), strict=True)
        if name != ENGLISH_SEEDS or label["lang"] == "en"
    ]
    path = folder / f"{name}.jsonl"
    jsonl.write_lines(str(path), rows)
    return path
