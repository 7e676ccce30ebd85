import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.evaluation.grouping_metrics import bcubed, grouping_quality, pairwise

LABELS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40)


def test_bcubed_of_a_worked_example() -> None:
    # One group of a, a, b and one of b: precision (2/3+2/3+1/3+1)/4, recall (1+1+1/2+1/2)/4.
    found = bcubed(["a", "a", "b", "b"], [1, 1, 1, 2])
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(0.75)


def test_pairwise_counts_joined_pairs() -> None:
    found = pairwise(["a", "a", "b", "b"], [1, 1, 1, 2])
    assert found.precision == pytest.approx(1 / 3)
    assert found.recall == pytest.approx(1 / 2)


def test_a_side_without_pairs_is_right() -> None:
    assert pairwise(["a", "b"], [1, 2]).f1 == 1
    assert pairwise(["a", "b"], [1, 1]).precision == 0


def test_no_articles_agree() -> None:
    assert bcubed([], []).f1 == 1
    assert pairwise([], []).f1 == 1


def test_quality_counts_stories() -> None:
    found = grouping_quality(["a", "a", "b"], [1, 2, 3])
    assert (found.articles, found.stories, found.predicted) == (3, 2, 3)
    assert found.ari <= 1
    assert found.ami <= 1


@given(LABELS)
def test_a_grouping_agrees_with_itself(pairs: list[tuple[int, int]]) -> None:
    gold = [label for label, _ in pairs]
    renamed = [f"story {label}" for label in gold]
    assert bcubed(gold, renamed).f1 == pytest.approx(1)
    assert pairwise(gold, renamed).f1 == pytest.approx(1)


@given(LABELS)
def test_precision_one_way_is_recall_the_other(pairs: list[tuple[int, int]]) -> None:
    gold, found = zip(*pairs, strict=True)
    there, back = bcubed(gold, found), bcubed(found, gold)
    assert there.precision == pytest.approx(back.recall)
    assert there.recall == pytest.approx(back.precision)


@given(LABELS)
def test_figures_lie_between_0_and_1(pairs: list[tuple[int, int]]) -> None:
    gold, found = zip(*pairs, strict=True)
    for agreement in (bcubed(gold, found), pairwise(gold, found)):
        for value in (agreement.precision, agreement.recall, agreement.f1):
            assert 0 <= value <= 1 + 1e-9


@given(LABELS)
def test_articles_alone_are_precise(pairs: list[tuple[int, int]]) -> None:
    gold = [label for label, _ in pairs]
    assert bcubed(gold, list(range(len(gold)))).precision == pytest.approx(1)
