"""Properties of groups of real articles, for arbitrary windows (Hypothesis)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.commands.running.models import load_pair_model
from service.domain.articles.model import Article, ArticleId, Floats, Vectors
from service.domain.grouping.window import Grouping, build_units, group_window
from service.domain.pairs.features import Features, TokenisedArticles
from tests.quality.sets.sets import EncodedSet

SETS = ("stream_day", "giveme5w1h")
MODEL = load_pair_model()
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


def mean_scores(grouping: Grouping, articles: list[Article], vectors: Vectors) -> list[Floats]:
    """The mean pair score of each article with the rest of its group, for each group.

    Duplicates score 1 with each other and share the mean of their scores.
    """
    row_of = {article.id: row for row, article in enumerate(articles)}
    features = Features.build(TokenisedArticles.build(articles, vectors), grouping.vocabulary)
    return [
        mean_scores_of([row_of[key] for key in ids], articles, features) for ids in grouping.groups
    ]


def mean_scores_of(rows: list[int], articles: list[Article], features: Features) -> Floats:
    if len(rows) == 1:
        return np.ones(1)
    scores = MODEL.score_matrix(features, np.array(rows), np.array(rows))
    units = build_units([articles[row] for row in rows]).members
    for unit in units:
        scores[np.ix_(unit, unit)] = 1
    means = (scores.sum(axis=1) - 1) / (len(rows) - 1)
    for unit in units:
        means[unit] = means[unit].mean()
    return np.asarray(means)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_every_article_meets_the_quorum(
    name: str, labelled_set: Callable[[str], EncodedSet]
) -> None:
    labelled = labelled_set(name)
    quorum = labelled.settings.stories.grouping.quorum

    @given(windows(labelled))
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
    def check(window: tuple[list[Article], Vectors]) -> None:
        articles, vectors = window
        grouping = group_window(articles, vectors, model=MODEL, settings=labelled.settings.stories)
        grouped: list[ArticleId] = [key for ids in grouping.groups for key in ids]
        assert sorted(map(str, grouped)) == sorted(str(article.id) for article in articles)
        for ids, means in zip(
            grouping.groups, mean_scores(grouping, articles, vectors), strict=True
        ):
            assert means.min() >= quorum - 1e-6, ids

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
        articles, labelled.vectors, model=MODEL, settings=labelled.settings.stories
    )
    largest = max(Counter(labelled.labels).values())
    assert max(len(ids) for ids in grouping.groups) <= 1.25 * largest
    assert labelled.agreement(grouping.labels()).f1 >= 0.8
