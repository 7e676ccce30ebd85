"""Synthetic windows of articles and vectors for benchmarks."""

from datetime import UTC, datetime

import numpy as np

from service.domain.articles.model import Article, Vectors


def synthetic_window(count: int) -> tuple[list[Article], Vectors]:
    """Generate events of eight reports each, with similar words and vectors, from a fixed seed."""
    random = np.random.default_rng(7)
    words = [f"word{number}" for number in range(20_000)]
    events = count // 8
    centres = random.normal(size=(events, 384))
    articles, values = [], np.empty((count, 384), dtype=np.float32)
    topics = random.integers(0, len(words), size=(events, 30))
    for row in range(count):
        event = row % events
        chosen = [words[at] for at in random.permutation(topics[event])[:20]]
        minute = int(random.integers(0, 7 * 24 * 60))
        published = datetime(
            2023, 5, 1 + minute // 1440, minute // 60 % 24, minute % 60, tzinfo=UTC
        )
        articles.append(Article(row, " ".join(chosen[:8]), " ".join(chosen), published=published))
        values[row] = centres[event] + random.normal(size=384) * 0.5
    return articles, Vectors("synthetic", values / np.linalg.norm(values, axis=1, keepdims=True))
