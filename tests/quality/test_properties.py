"""Properties of groups of real articles, for arbitrary windows (Hypothesis)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.articles.model import Article, ArticleId, Vectors
from service.domain.grouping.window import group_window
from tests.quality.sets.sets import EncodedSet

SETS = ("stream_day", "outlets_2021")
MODEL = load_pair_model()
MERGE_MODEL = load_merge_model()
#: Maximum number of labelled stories and of other articles in one window.
STORIES, UNRELATED = 8, 20


@st.composite
def windows(draw: st.DrawFn, labelled: EncodedSet) -> tuple[list[Article], Vectors]:
    """Complete stories and unrelated articles, optionally without dates or without texts."""
    chosen = draw(st.sets(st.sampled_from(sorted(map(str, labelled.labels))), max_size=STORIES))
    others = draw(st.sets(st.integers(0, len(labelled.articles) - 1), max_size=UNRELATED))
    rows = sorted(
        others.union(row for row, label in enumerate(labelled.labels) if str(label) in chosen)
    )
    articles = [labelled.articles[row] for row in rows]
    if draw(st.booleans()):
        articles = [replace(article, published=None) for article in articles]
    if draw(st.booleans()):
        articles = [replace(article, text="") for article in articles]
    return articles, labelled.vectors[rows]


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_every_article_is_in_one_group_in_any_order(
    name: str, labelled_set: Callable[[str], EncodedSet]
) -> None:
    labelled = labelled_set(name)

    def group(articles: list[Article], vectors: Vectors) -> tuple[tuple[ArticleId, ...], ...]:
        return group_window(
            articles,
            vectors,
            model=MODEL,
            merge_model=MERGE_MODEL,
            settings=labelled.settings.stories,
        ).groups

    @given(windows(labelled))
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
    def check(window: tuple[list[Article], Vectors]) -> None:
        articles, vectors = window
        groups = group(articles, vectors)
        grouped = [str(key) for ids in groups for key in ids]
        assert sorted(grouped) == sorted(str(article.id) for article in articles)
        backwards = np.arange(len(articles))[::-1]
        assert group(articles[::-1], vectors[backwards]) == groups

    check()


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    "published", [None, datetime(2023, 4, 25, tzinfo=UTC)], ids=["no dates", "all equal"]
)
def test_uninformative_dates_do_not_merge_all_articles(
    published: datetime | None, labelled_set: Callable[[str], EncodedSet]
) -> None:
    labelled = labelled_set("stream_day")
    articles = [replace(article, published=published) for article in labelled.articles]
    grouping = group_window(
        articles,
        labelled.vectors,
        model=MODEL,
        merge_model=MERGE_MODEL,
        settings=labelled.settings.stories,
    )
    largest = max(Counter(labelled.labels).values())
    assert max(len(ids) for ids in grouping.groups) <= 1.25 * largest
    assert labelled.agreement(grouping.labels()).f1 >= 0.8
