from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.articles.model import Article
from service.domain.grouping.constraints import Constraints
from service.domain.grouping.place import Placement, place
from service.domain.grouping.replay import ArrivalBatch, ChurnCounter, replay
from service.domain.pairs.features import window_vocabulary
from service.settings.grouping import ReplaySettings
from tests.support.content.events import (
    EVENTS,
    START,
    encoded,
    event_articles,
    grouping_settings,
    pair_model,
    story_settings,
)

SCHEDULE = ReplaySettings(minutes=15, arrivals=3, window_hours=float("inf"), min_age_hours=1)


def placed(
    articles: list[Article], stories: list[str | None], constraints: Constraints | None = None
) -> list[Placement]:
    vectors = encoded(articles)
    return place(
        articles,
        vectors,
        stories,
        vocabulary=window_vocabulary(event_articles(), encoded(event_articles())),
        model=pair_model(),
        settings=grouping_settings(),
        constraints=constraints or Constraints(),
    )


def homes(arrivals: int = 1) -> list[str | None]:
    """The event's name for each article but the first ones of the first event."""
    articles = event_articles()
    return [None if row < arrivals else f"event {article.id // 100}"  # type: ignore[operator]
            for row, article in enumerate(articles)]  # fmt: skip


def test_an_arrival_joins_its_event_with_evidence() -> None:
    (found,) = placed(event_articles(), homes())
    assert (found.story, found.founder) == ("event 0", None)
    assert found.score is not None
    assert found.score > 0.5
    assert {neighbour.article for neighbour in found.nearest} == {1, 2, 3}
    assert found.contributions["dense"] > 0
    assert found.next_best is not None
    assert found.next_best.story != "event 0"
    assert found.next_best.score < found.score


def test_the_first_of_an_event_starts_a_story_which_fellow_arrivals_join() -> None:
    articles = event_articles()[:2]
    first, second = placed(articles, [None, None])
    assert (first.story, first.founder, first.score, first.nearest) == (None, None, None, ())
    assert (second.story, second.founder) == (None, articles[0].id)
    assert first.contributions == {}


def test_arrivals_are_taken_by_date_and_undated_ones_last() -> None:
    one, two, three = event_articles(each=3)[:3]
    undated = replace(one, published=None)
    assert [p.article for p in placed([undated, three, two], [None] * 3)] == [1, 2, 0]


def test_nothing_to_place() -> None:
    assert placed(event_articles(), homes(0)) == []


def test_an_editors_bond_leads_to_its_story() -> None:
    bound = Constraints(must_link=frozenset({(0, 101)}))
    assert placed(event_articles(), homes(), bound)[0].story == "event 1"


def test_of_two_bonds_the_nearer_story_wins_whatever_the_order() -> None:
    bound = Constraints(must_link=frozenset({(0, 101), (0, 3)}))
    assert placed(event_articles(), homes(), bound)[0].story == "event 0"
    assert placed(event_articles()[::-1], homes()[::-1], bound)[0].story == "event 0"


@given(st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_the_order_of_articles_changes_no_placement(random) -> None:  # noqa: ANN001
    articles, stories = event_articles(), homes(3)
    order = random.sample(range(len(articles)), len(articles))
    found = placed([articles[row] for row in order], [stories[row] for row in order])
    assert found == placed(articles, stories)


def test_an_editors_bar_keeps_out() -> None:
    apart = Constraints(frozenset({(0, 1)}), frozenset({(0, 1)}))
    found = placed(event_articles(), homes(), apart)[0]
    assert found.story is None
    assert found.founder is None


def test_an_arrival_that_would_break_the_quorum_stays_out() -> None:
    """It is near to one member and far from the other three, who are near to each other."""
    near = Article(900, EVENTS[1], EVENTS[1], published=START)
    articles = [*event_articles(EVENTS[:1]), event_articles()[4], near]
    (found,) = placed(articles, ["mixed"] * 5 + [None])
    assert found.story is None


def test_a_replay_finds_the_events() -> None:
    articles = event_articles()
    found = replay(
        articles,
        encoded(articles),
        model=pair_model(),
        settings=story_settings(),
        schedule=SCHEDULE,
    )
    by_story: dict[str, set[int]] = {}
    for key, story in found.stories.items():
        assert isinstance(key, int)
        by_story.setdefault(story, set()).add(key // 100)
    assert sorted(by_story.values(), key=min) == [{event} for event in range(len(EVENTS))]
    assert found.churn.reconciles >= 7
    assert found.churn.late == pytest.approx(0)


def test_a_replay_of_undated_articles_takes_them_in_the_order_given() -> None:
    articles = [replace(article, published=None) for article in event_articles()]
    seen: list[int] = []
    found = replay(
        articles,
        encoded(articles),
        model=pair_model(),
        settings=story_settings(),
        schedule=SCHEDULE,
        on_progress=lambda done, total: seen.append(done if total == 20 else -1),
    )
    assert seen == [3, 6, 9, 12, 15, 18, 20]
    assert len(set(found.stories.values())) == len(EVENTS)


def test_articles_that_left_the_window_are_left_alone() -> None:
    first, second, *_ = event_articles()
    late = replace(second, published=START + timedelta(days=30))
    brief = replace(SCHEDULE, window_hours=24)
    found = replay(
        [first, late],
        encoded([first, late]),
        model=pair_model(),
        settings=story_settings(),
        schedule=brief,
    )
    assert len(set(found.stories.values())) == 2


@pytest.mark.parametrize(("join_score", "quorum"), [(0.999, 0.3), (0, 0)], ids=["parted", "joined"])
def test_reconcile_mends_what_placing_parted_or_joined(join_score: float, quorum: float) -> None:
    articles = event_articles()
    usual = story_settings()
    found = replay(
        articles,
        encoded(articles),
        model=pair_model(),
        settings=replace(
            usual, grouping=replace(usual.grouping, join_score=join_score, quorum=quorum)
        ),
        schedule=SCHEDULE,
    )
    homes = {(int(key) // 100, story) for key, story in found.stories.items()}
    assert len(homes) == len(EVENTS) == len(set(found.stories.values()))


def test_arrivals_of_one_tick_found_stories_together() -> None:
    articles = [replace(article, published=START) for article in event_articles()]
    found = replay(
        articles,
        encoded(articles),
        model=pair_model(),
        settings=story_settings(),
        schedule=replace(SCHEDULE, arrivals=20),
    )
    assert found.churn.reconciles == 1
    assert len(set(found.stories.values())) == len(EVENTS)


@pytest.mark.parametrize("published", [None, START])
def test_a_replay_of_one_article_and_of_many_equal_ones(published: datetime | None) -> None:
    for count in (1, 50):
        articles = [Article(key, EVENTS[0], published=published) for key in range(count)]
        found = replay(
            articles,
            encoded(articles),
            model=pair_model(),
            settings=story_settings(),
            schedule=SCHEDULE,
        )
        assert len(set(found.stories.values())) == 1
        assert len(found.stories) == count


def test_a_replay_of_nothing() -> None:
    found = replay(
        [], encoded([]), model=pair_model(), settings=story_settings(), schedule=SCHEDULE
    )
    assert found.stories == {}
    assert found.churn.reconciles == 0


def test_churn_counts_runs_days_and_settled_articles() -> None:
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
