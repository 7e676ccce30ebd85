"""Grouping of a file's articles, shared by `cluster` and `evaluate`."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import typer

from service.commands.running.models import load_merge_model, load_pair_model
from service.commands.running.progress import progress_bar
from service.compute.loader import ComputeLoader
from service.domain.articles.model import Article, ArticleId, Vectors
from service.domain.grouping.lineage import story_id
from service.domain.grouping.replay import Churn, replay
from service.domain.grouping.window import Grouping, group_window
from service.embed.articles import encode_articles
from service.embed.encoder import Encoder
from service.embed.loader import load_encoder
from service.settings.load import Settings
from service.settings.sections.embedding import EmbedSettings

#: Help of the option --stream.
STREAM = (
    "Process the articles in batches in order of their dates, as `samestory up` does; articles "
    "without a date come last. Default: process all articles at once."
)
ProfileOption = Annotated[
    str,
    typer.Option(
        help="Profile of settings: multilingual or english. Default: the "
        "environment variable SAMESTORY_PROFILE; if it is not set, multilingual."
    ),
]


@dataclass(frozen=True, slots=True)
class GroupingResult:
    """The story of each article, the duration in seconds, and the churn of a stream.

    `window` is None for a stream, which groups one window after another.
    """

    stories: Mapping[ArticleId, str]
    seconds: float
    vectors: Vectors
    window: Grouping | None = None
    churn: Churn | None = None


@lru_cache(maxsize=1)
def cached_encoder(settings: EmbedSettings) -> Encoder:
    """Load the configured encoder once."""
    return load_encoder(settings)


def encode(articles: Sequence[Article], settings: Settings) -> Vectors:
    """Encode articles and show a progress bar."""
    with progress_bar("encode") as on_progress:
        return encode_articles(
            cached_encoder(settings.embed),
            articles,
            languages=settings.embed.languages,
            on_progress=on_progress,
        )


def group_articles(
    articles: Sequence[Article], settings: Settings, *, stream: bool
) -> GroupingResult:
    """Group articles as one window, or with `stream` in order of arrival, like the daemon.

    The measured duration includes encoding and grouping, but not loading the model.
    """
    model, merge_model = load_pair_model(settings.pairs), load_merge_model(settings.merges)
    cached_encoder(settings.embed)
    start = time.perf_counter()
    vectors = encode(articles, settings)
    if stream:
        with progress_bar("replay") as on_progress:
            replayed = replay(
                articles,
                vectors,
                model=model,
                merge_model=merge_model,
                settings=settings.stories,
                schedule=settings.replay,
                on_progress=on_progress,
            )
        seconds = time.perf_counter() - start
        return GroupingResult(replayed.stories, seconds, vectors, churn=replayed.churn)
    window = group_window(
        articles,
        vectors,
        model=model,
        merge_model=merge_model,
        settings=settings.stories,
        compute=ComputeLoader(settings.compute).load(),
    )
    stories = assign_story_ids(window.groups)
    return GroupingResult(stories, time.perf_counter() - start, vectors, window)


def assign_story_ids(groups: Sequence[Sequence[ArticleId]]) -> dict[ArticleId, str]:
    """The story id of each article, derived from the first article of its group."""
    taken: set[str] = set()
    stories = {}
    for ids in groups:
        name = story_id(ids[0], taken.__contains__)
        taken.add(name)
        stories.update(dict.fromkeys(ids, name))
    return stories
