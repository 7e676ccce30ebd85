"""Groups the articles of a file as the settings say; what `cluster` and `evaluate` share."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from service.commands.running.models import load_pair_model
from service.commands.running.progress import progress_bar
from service.domain.articles.model import Article, ArticleId, Vectors
from service.domain.grouping.lineage import story_id
from service.domain.grouping.replay import Churn, replay
from service.domain.grouping.window import Grouping, group_window
from service.embed.articles import encode_articles
from service.embed.encoder import Encoder
from service.embed.loader import load_encoder
from service.settings import load as settings_module
from service.settings.embedding import EmbedSettings
from service.settings.load import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """The story of each article, the time it took, and in a stream how often stories changed.

    `window` is None in a stream, which groups one window after another.
    """

    stories: Mapping[ArticleId, str]
    seconds: float
    vectors: Vectors
    window: Grouping | None = None
    churn: Churn | None = None


def settings_of(profile: str) -> Settings:
    """All settings under a profile; empty for the usual one."""
    return settings_module.load(profile=profile)


@lru_cache(maxsize=1)
def encoder_of(settings: EmbedSettings) -> Encoder:
    """The encoder that the settings name, loaded once."""
    return load_encoder(settings)


def encode(articles: Sequence[Article], settings: Settings) -> Vectors:
    """The vectors of articles, with a bar."""
    with progress_bar("encode") as on_progress:
        return encode_articles(
            encoder_of(settings.embed),
            articles,
            languages=settings.embed.languages,
            on_progress=on_progress,
        )


def grouped(articles: Sequence[Article], settings: Settings, *, stream: bool) -> Outcome:
    """Group articles at once, or in order of arrival as the daemon would.

    The time is that of encoding and grouping; loading the model is left out.
    """
    model = load_pair_model(settings.pairs)
    encoder_of(settings.embed)
    start = time.perf_counter()
    vectors = encode(articles, settings)
    if stream:
        with progress_bar("replay") as on_progress:
            replayed = replay(
                articles,
                vectors,
                model=model,
                settings=settings.stories,
                clock=settings.replay,
                on_progress=on_progress,
            )
        seconds = time.perf_counter() - start
        return Outcome(replayed.stories, seconds, vectors, churn=replayed.churn)
    window = group_window(articles, vectors, model=model, settings=settings.stories)
    return Outcome(named(window.groups), time.perf_counter() - start, vectors, window)


def named(groups: Sequence[Sequence[ArticleId]]) -> dict[ArticleId, str]:
    """The story id of each article, derived from the first article of its group."""
    taken: set[str] = set()
    stories = {}
    for ids in groups:
        name = story_id(ids[0], taken.__contains__)
        taken.add(name)
        stories.update(dict.fromkeys(ids, name))
    return stories
