from dataclasses import replace

import numpy as np
import pytest

from service.domain.articles.model import Article, ArticleId
from service.domain.grouping.evidence import explain_grouping, explain_placement
from service.domain.grouping.place import Placement, ScoredArticle, ScoredStory
from service.domain.grouping.reason import Reason
from service.domain.grouping.window import group_window
from service.domain.pairs.scoring.calibration import Calibration
from service.domain.pairs.scoring.score import PAIR_FEATURES
from service.web.rendering.story_page import evidence
from tests.support.content.events import (
    encoded,
    event_articles,
    merge_model,
    pair_model,
    story_settings,
)

NEAREST = (ScoredArticle(7, 0.97), ScoredArticle(8, 0.5))


def test_placement_evidence_has_nearest_members_and_next_best_story() -> None:
    contributions = {"dense": 2.12345}
    reason = explain_placement(
        Placement(1, "s", None, 0.9, NEAREST, contributions, ScoredStory("t", 0.123456))
    )
    assert reason == Reason(
        0.9,
        {
            "score": 0.9,
            "nearest": [
                {"article": 7, "score": 0.97, "contributions": {"dense": 2.123}},
                {"article": 8, "score": 0.5},
            ],
            "next": {"story": "t", "score": 0.1235},
        },
    )


def test_first_article_of_a_story_has_no_evidence() -> None:
    assert explain_placement(Placement(1, None, None, None, NEAREST, {}, None)) == Reason()
    lonely = Placement(1, "s", None, 0.9, (), {}, None)
    assert explain_placement(lonely).evidence == {"score": 0.9, "nearest": []}


def test_scores_of_placements_have_four_decimal_places() -> None:
    near = (ScoredArticle(7, 0.9712345),)
    reason = explain_placement(Placement(1, "s", None, 0.912345, near, {}, None))
    assert reason.score == reason.evidence["score"] == 0.9123
    assert reason.evidence["nearest"][0]["score"] == 0.9712


def test_grouping_evidence_has_nearest_members_and_next_best_story() -> None:
    articles = event_articles()
    model = replace(pair_model(), calibration=Calibration(2.0, 0.5, 1.2))
    grouping = group_window(
        articles,
        encoded(articles),
        model=model,
        merge_model=merge_model(),
        settings=story_settings(),
    )
    group = next(ids for ids in grouping.groups if len(ids) > 2)
    article, rival = group[0], group[1]
    stories = {key: f"story {label}" for key, label in grouping.labels().items()}
    stories[rival] = "apart"

    reasons = explain_grouping(grouping, {article, rival}, stories, model)
    assert set(reasons) == {article, rival}
    rows = {key: row for row, key in enumerate(grouping.ids)}
    mine, beside = rows[article], [rows[key] for key in group[2:]]
    scores = model.score_matrix(grouping.features, np.array([mine]), np.arange(len(rows)))[0]
    line = model.calibration.probability(scores)
    stored = reasons[article].evidence
    assert stored["score"] == reasons[article].score == round(line[beside].mean(), 4)
    assert stored["nearest"][0]["score"] == round(line[beside].max(), 4)
    assert stored["next"] == {"story": "apart", "score": round(line[rows[rival]], 4)}
    contributions = stored["nearest"][0]["contributions"]
    odds = model.base_log_odds() + sum(contributions.values())
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(scores[beside].max(), abs=0.01)

    assert reasons[rival].score is None
    assert set(reasons[rival].evidence) == {"next"}
    assert reasons[rival].evidence["next"]["story"] == stories[article]


def test_article_without_candidates_has_no_evidence() -> None:
    articles = [Article(1, "One thing"), Article(2, "Quite another")]
    grouping = group_window(
        articles,
        encoded(articles),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
    )
    stories: dict[ArticleId, str] = {1: "one", 2: "other"}
    lonely = replace(grouping, pairs=grouping.pairs[:0], scores=grouping.scores[:0])
    assert explain_grouping(lonely, {1}, stories, pair_model()) == {1: Reason()}


def test_every_pair_feature_has_a_display_name() -> None:
    assert set(evidence.FEATURES) == set(PAIR_FEATURES)
