"""Articles about invented events, for tests that group articles."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from service.domain.articles.model import Article, Vectors
from service.domain.compute import IN_PROCESS, Compute
from service.domain.grouping.window import Grouping, group_window
from service.domain.merges.features import MERGE_FEATURES
from service.domain.merges.model import MergeModel
from service.domain.pairs.nearest import Pairs
from service.domain.pairs.scoring.score import PAIR_FEATURES, PairModel
from service.domain.pairs.scoring.window_prior import log_odds
from service.embed.articles import encode_articles
from service.settings.sections.embedding import CandidateSettings
from service.settings.sections.grouping import (
    CopySettings,
    GroupingSettings,
    HysteresisSettings,
    StorySettings,
)
from tests.support.encoders import WordEncoder

START = datetime(2023, 4, 25, 8, tzinfo=UTC)

EVENTS = (
    "ferry collides with pier in Lake Orlan harbour, injuring twelve passengers",
    "central bank of Velmark raises interest rate to nine percent against inflation",
    "wildfire near Monte Sarro forces evacuation of three mountain villages",
    "Quillport United wins national cup after penalty shootout against Brackwater",
    "parliament of Ostravia passes disputed law on water rights of farmers",
)
_FRAMES = ("{}", "Report: {}", "{}, officials say", "Update: {}")


def event_articles(events: Sequence[str] = EVENTS, each: int = 4) -> list[Article]:
    """Generate `each` articles about every event, an hour apart."""
    return [
        Article(
            id=event * 100 + number,
            title=_FRAMES[number % len(_FRAMES)].format(text),
            text=f"{text}. Witnesses spoke to outlet number {number}.",
            outlet=f"outlet-{number}",
            published=START + timedelta(hours=number),
        )
        for event, text in enumerate(events)
        for number in range(each)
    ]


def encoded(articles: Sequence[Article]) -> Vectors:
    """Encode articles with the fake encoder."""
    return encode_articles(WordEncoder(), articles)


def pair_model() -> PairModel:
    """Pair model that joins texts with mostly the same words."""
    given = {
        "dense": 8.0,
        "title": 3.0,
        "body": 8.0,
        "time": 3.0,
        "background": -5.0,
        "prior_shift": 1.0,
    }
    weights = dict.fromkeys(PAIR_FEATURES, 0.0) | given
    means = dict.fromkeys(PAIR_FEATURES, 0.1)
    return PairModel(weights, -8.0, means, near_hours=48.0, undated=0.6, prior=0.1, about={})


def merge_model(min_score: float = 0.3) -> MergeModel:
    """Merge model that merges groups with at least this mean pair score."""
    weights = dict.fromkeys(MERGE_FEATURES, 0.0) | {"score_mean_probability": 1.0}
    return MergeModel(weights, -float(log_odds(min_score)), about={})


def group_events(compute: Compute = IN_PROCESS) -> Grouping:
    """Group the articles about the events; `compute` says where."""
    articles = event_articles()
    return group_window(
        articles,
        encoded(articles),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
        compute=compute,
    )


def assert_same_grouping(one: Grouping, other: Grouping) -> None:
    """Check that groups, pairs and scores of two groupings are equal."""
    assert one.groups == other.groups
    assert np.array_equal(one.pairs, other.pairs)
    assert np.array_equal(one.scores, other.scores)


def grouping_settings(max_component: int = 400) -> GroupingSettings:
    return GroupingSettings(
        quorum=0.3, join_score=0.7, epsilon=0.3, weak_score=0.1, max_component=max_component
    )


def copy_settings() -> CopySettings:
    return CopySettings(
        share=0.6,
        share_same_title=0.5,
        title_similarity=0.8,
        version_share=0.3,
        strict_share=0.8,
        brief_weight=20,
        min_shingles=12,
        shingle_words=3,
        signature_size=256,
    )


def hysteresis_settings() -> HysteresisSettings:
    return HysteresisSettings(
        min_age_hours=1.0, min_window_articles=4, keep_log_odds=1.5, join_log_odds=1.5
    )


def story_settings() -> StorySettings:
    return StorySettings(
        candidates=CandidateSettings(
            neighbours=8, cross_language=4, shared_words=8, rare_words=50, window_hours=float("inf")
        ),
        grouping=grouping_settings(),
        copies=copy_settings(),
        hysteresis=hysteresis_settings(),
    )


def all_pairs(rows: int) -> Pairs:
    """Return all pairs of rows, sorted."""
    return np.column_stack(np.triu_indices(rows, 1)).astype(np.int64)
