"""CPU time and memory of grouping a synthetic window.

Each size runs in a process of its own, because the peak of the memory never falls:
`python -m tests.bench.capacity.window_cost ARTICLES WORDS`.
"""

import json
import os
import random
import subprocess
import sys
from dataclasses import asdict, dataclass, replace

from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.articles.model import Article, Vectors
from service.domain.grouping.window import group_window
from service.domain.pairs.candidates import candidate_pairs
from service.domain.pairs.features import Features, TokenisedArticles
from service.settings import load as settings_module
from tests.bench.capacity.usage import ONE_THREAD, peak_memory, timed
from tests.bench.windows import synthetic_window

LANGUAGES = ("en", "de", "fr", "tr")
VOCABULARY = 20_000


@dataclass(frozen=True, slots=True)
class WindowCost:
    """CPU seconds per step and peak memory in bytes of grouping one window.

    `start_memory` is the memory of the process before it generates the articles.
    """

    articles: int
    features: float
    candidates: float
    pair_scores: float
    merges: float
    pairs: int
    start_memory: int
    peak_memory: int


def measure_window(count: int, words: int = 0) -> WindowCost:
    """Group a window in a process of its own; each article has `words` words besides its lead."""
    command = [sys.executable, "-m", "tests.bench.capacity.window_cost", str(count), str(words)]
    environment = os.environ | ONE_THREAD
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout
    return WindowCost(**json.loads(output))


def group_here(count: int, words: int) -> WindowCost:
    """Group a window of several languages; the steps that `group_window` repeats are subtracted."""
    settings, model = settings_module.load({}).window_stories, load_pair_model()
    merge_model, start_memory = load_merge_model(), peak_memory()
    articles, vectors = multilingual_window(count, words)
    grouping, total = timed(
        lambda: group_window(
            articles, vectors, model=model, merge_model=merge_model, settings=settings
        )
    )
    peak = peak_memory()
    features, featuring = timed(lambda: _build_features(articles, vectors))
    pairs, searching = timed(lambda: candidate_pairs(features, settings.candidates))
    _, scoring = timed(lambda: model.score(grouping.features, grouping.pairs))
    return WindowCost(
        articles=count,
        features=featuring,
        candidates=searching,
        pair_scores=scoring,
        merges=max(0.0, total - featuring - searching - scoring),
        pairs=len(pairs),
        start_memory=start_memory,
        peak_memory=peak,
    )


def multilingual_window(count: int, words: int) -> tuple[list[Article], Vectors]:
    """Return a synthetic window whose events are reported in four languages."""
    articles, vectors = synthetic_window(count)
    events, rng = count // 8, random.Random(11)
    return [
        replace(
            article,
            lang=LANGUAGES[row // events % len(LANGUAGES)],
            text=f"{article.text}. {' '.join(_random_words(rng, words))}",
        )
        for row, article in enumerate(articles)
    ], vectors


def _random_words(rng: random.Random, count: int) -> list[str]:
    """Return common and rare words, with the frequencies of `fill_store`."""
    return [f"word{int(VOCABULARY * rng.random() ** 4)}" for _ in range(count)]


def _build_features(articles: list[Article], vectors: Vectors) -> Features:
    tokenised = TokenisedArticles.build(articles, vectors)
    return Features.build(tokenised, tokenised.build_vocabulary())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(group_here(*map(int, sys.argv[1:3])))))
