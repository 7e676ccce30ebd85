from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.articles.model import Article
from service.domain.grouping.constraints import Constraints
from service.domain.grouping.lineage import story_id
from service.domain.grouping.place import Placement, place
from service.domain.grouping.replay import ArrivalBatch, ChurnCounter, ReplayResult, replay
from service.domain.pairs.features import window_vocabulary
from service.domain.pairs.scoring.calibration import Calibration
from service.settings.sections.grouping import ReplaySettings
from tests.support.content.events import (
    EVENTS,
    START,
    encoded,
    event_articles,
    grouping_settings,
    merge_model,
    pair_model,
    story_settings,
)

SCHEDULE = ReplaySettings(minutes=15, arrivals=3, window_hours=float("inf"), min_age_hours=1)


def place_all(
    articles: list[Article],
    stories: list[str | None],
    constraints: Constraints | None = None,
    calibration: Calibration | None = None,
) -> list[Placement]:
    vectors = encoded(articles)
    return place(
        articles,
        vectors,
        stories,
        vocabulary=window_vocabulary(event_articles(), encoded(event_articles())),
        model=replace(pair_model(), calibration=calibration or Calibration()),
        settings=grouping_settings(),
        constraints=constraints or Constraints(),
    )


def replay_usual(articles: list[Article], schedule: ReplaySettings = SCHEDULE) -> ReplayResult:
    """Replay articles with the usual models and settings."""
    return replay(
        articles,
        encoded(articles),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
        schedule=schedule,
    )


def stories_without_first(arrivals: int = 1) -> list[str | None]:
    """The event of each article as its story, None for the first `arrivals` articles."""
    articles = event_articles()
    return [None if row < arrivals else f"event {article.id // 100}"  # type: ignore[operator]
            for row, article in enumerate(articles)]  # fmt: skip


def test_arrival_joins_its_event_with_evidence() -> None:
    (result,) = place_all(event_articles(), stories_without_first())
    assert (result.story, result.founder) == ("event 0", None)
    assert result.probability is not None
    assert result.probability > 0.5
    assert {neighbour.article for neighbour in result.nearest} == {1, 2, 3}
    assert result.contributions["dense"] > 0
    assert result.next_best is not None
    assert result.next_best.story != "event 0"
    assert result.next_best.probability < result.probability


def test_calibration_changes_the_evidence_and_not_the_story() -> None:
    plain, calibrated = (
        place_all(event_articles(), stories_without_first(), calibration=each)[0]
        for each in (None, Calibration(2.0, 0.5, -1.0))
    )
    assert calibrated.story == plain.story
    assert [each.article for each in calibrated.nearest] == [each.article for each in plain.nearest]
    assert calibrated.nearest[0].probability < plain.nearest[0].probability
    assert calibrated.probability is not None
    assert plain.probability is not None
    assert calibrated.probability < plain.probability


def test_first_arrival_starts_a_story_that_others_join() -> None:
    articles = event_articles()[:2]
    first, second = place_all(articles, [None, None])
    assert (first.story, first.founder, first.probability, first.nearest) == (None, None, None, ())
    assert (second.story, second.founder) == (None, articles[0].id)
    assert first.contributions == {}


def test_arrivals_are_placed_by_date_with_undated_last() -> None:
    one, two, three = event_articles(each=3)[:3]
    undated = replace(one, published=None)
    assert [p.article for p in place_all([undated, three, two], [None] * 3)] == [1, 2, 0]


def test_no_arrivals_give_no_placements() -> None:
    assert place_all(event_articles(), stories_without_first(0)) == []


def test_must_link_decides_the_story() -> None:
    constraints = Constraints(must_link=frozenset({(0, 101)}))
    assert place_all(event_articles(), stories_without_first(), constraints)[0].story == "event 1"


def test_nearest_of_two_must_link_stories_wins() -> None:
    constraints = Constraints(must_link=frozenset({(0, 101), (0, 3)}))
    assert place_all(event_articles(), stories_without_first(), constraints)[0].story == "event 0"
    assert (
        place_all(event_articles()[::-1], stories_without_first()[::-1], constraints)[0].story
        == "event 0"
    )


@given(st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_order_of_articles_does_not_change_placements(random) -> None:  # noqa: ANN001
    articles, stories = event_articles(), stories_without_first(3)
    order = random.sample(range(len(articles)), len(articles))
    result = place_all([articles[row] for row in order], [stories[row] for row in order])
    assert result == place_all(articles, stories)


def test_cannot_link_prevents_joining() -> None:
    apart = Constraints(frozenset({(0, 1)}), frozenset({(0, 1)}))
    result = place_all(event_articles(), stories_without_first(), apart)[0]
    assert result.story is None
    assert result.founder is None


def test_arrival_that_breaks_the_quorum_starts_a_story() -> None:
    """The arrival is near to one member and far from the others, which are near to each other."""
    near = Article(900, EVENTS[1], EVENTS[1], published=START)
    articles = [*event_articles(EVENTS[:1]), event_articles()[4], near]
    (result,) = place_all(articles, ["mixed"] * 5 + [None])
    assert result.story is None


def test_replay_groups_events() -> None:
    articles = event_articles()
    result = replay_usual(articles)
    by_story: dict[str, set[int]] = {}
    for key, story in result.stories.items():
        assert isinstance(key, int)
        by_story.setdefault(story, set()).add(key // 100)
    assert sorted(by_story.values(), key=min) == [{event} for event in range(len(EVENTS))]
    assert result.churn.reconciles >= 7
    assert result.churn.late == pytest.approx(0)


def test_replay_keeps_the_order_of_undated_articles() -> None:
    articles = [replace(article, published=None) for article in event_articles()]
    seen: list[int] = []
    result = replay(
        articles,
        encoded(articles),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
        schedule=SCHEDULE,
        on_progress=lambda done, total: seen.append(done if total == 20 else -1),
    )
    assert seen == [3, 6, 9, 12, 15, 18, 20]
    assert len(set(result.stories.values())) == len(EVENTS)


def test_replay_starts_a_story_with_the_first_undated_article() -> None:
    reports = [replace(each, published=None) for each in event_articles(EVENTS[:1], each=3)]
    articles = [reports[1], reports[2], reports[0]]
    result = replay_usual(articles, replace(SCHEDULE, arrivals=1))
    assert set(result.stories.values()) == {story_id(reports[1].id, lambda _: False)}


def test_articles_outside_the_window_are_not_regrouped() -> None:
    first, second, *_ = event_articles()
    late = replace(second, published=START + timedelta(days=30))
    brief = replace(SCHEDULE, window_hours=24)
    result = replay_usual([first, late], brief)
    assert len(set(result.stories.values())) == 2


@pytest.mark.parametrize(("join_score", "quorum"), [(0.999, 0.3), (0, 0)], ids=["parted", "joined"])
def test_reconcile_corrects_placements(join_score: float, quorum: float) -> None:
    articles = event_articles()
    usual = story_settings()
    result = replay(
        articles,
        encoded(articles),
        model=pair_model(),
        merge_model=merge_model(),
        settings=replace(
            usual, grouping=replace(usual.grouping, join_score=join_score, quorum=quorum)
        ),
        schedule=SCHEDULE,
    )
    stories_without_first = {(int(key) // 100, story) for key, story in result.stories.items()}
    assert len(stories_without_first) == len(EVENTS) == len(set(result.stories.values()))


def test_arrivals_of_one_batch_share_new_stories() -> None:
    articles = [replace(article, published=START) for article in event_articles()]
    result = replay_usual(articles, replace(SCHEDULE, arrivals=20))
    assert result.churn.reconciles == 1
    assert len(set(result.stories.values())) == len(EVENTS)


@pytest.mark.parametrize("published", [None, START])
def test_replay_of_identical_articles_gives_one_story(published: datetime | None) -> None:
    for count in (1, 50):
        articles = [Article(key, EVENTS[0], published=published) for key in range(count)]
        result = replay_usual(articles)
        assert len(set(result.stories.values())) == 1
        assert len(result.stories) == count


def test_replay_of_no_articles() -> None:
    result = replay(
        [],
        encoded([]),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
        schedule=SCHEDULE,
    )
    assert result.stories == {}
    assert result.churn.reconciles == 0


def test_churn_counts_runs_days_and_late_moves() -> None:
    rows = np.arange(4)
    counter = ChurnCounter(4, min_age_hours=1.0)
    counter.count(rows[:0], ArrivalBatch(1.0, rows), 4)
    counter.count(rows[:2], ArrivalBatch(1.5, rows[:0]), 4)  # within their first hour
    counter.count(rows[1:2], ArrivalBatch(9.0, rows[:0]), 4)
    counter.count(rows[:0], ArrivalBatch(25.0, rows[:0]), 4)
    churn = counter.churn()
    assert churn.reconciles == 4
    assert churn.moved == pytest.approx((0 + 2 + 1 + 0) / 4 / 4)
    assert churn.daily == pytest.approx((2 / 4 + 0) / 2)
    assert churn.late == pytest.approx(1 / 4)
