import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.evaluation.grouping_metrics import bcubed, grouping_quality, pairwise

LABELS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40)


def test_bcubed_of_a_worked_example() -> None:
    # One group of a, a, b and one of b: precision (2/3+2/3+1/3+1)/4, recall (1+1+1/2+1/2)/4.
    result = bcubed(["a", "a", "b", "b"], [1, 1, 1, 2])
    assert result.precision == pytest.approx(2 / 3)
    assert result.recall == pytest.approx(0.75)


def test_pairwise_of_a_worked_example() -> None:
    result = pairwise(["a", "a", "b", "b"], [1, 1, 1, 2])
    assert result.precision == pytest.approx(1 / 3)
    assert result.recall == pytest.approx(1 / 2)


def test_pairwise_is_1_on_a_side_without_pairs() -> None:
    assert pairwise(["a", "b"], [1, 2]).f1 == 1
    assert pairwise(["a", "b"], [1, 1]).precision == 0


def test_metrics_of_no_articles_are_1() -> None:
    assert bcubed([], []).f1 == 1
    assert pairwise([], []).f1 == 1


def test_quality_counts_articles_and_groups() -> None:
    result = grouping_quality(["a", "a", "b"], [1, 2, 3])
    assert (result.articles, result.stories, result.predicted) == (3, 2, 3)
    assert result.ari <= 1
    assert result.ami <= 1


@given(LABELS)
def test_identical_grouping_has_f1_of_1(pairs: list[tuple[int, int]]) -> None:
    gold = [label for label, _ in pairs]
    renamed = [f"story {label}" for label in gold]
    assert bcubed(gold, renamed).f1 == pytest.approx(1)
    assert pairwise(gold, renamed).f1 == pytest.approx(1)


@given(LABELS)
def test_precision_and_recall_swap_with_the_arguments(pairs: list[tuple[int, int]]) -> None:
    gold, result = zip(*pairs, strict=True)
    there, back = bcubed(gold, result), bcubed(result, gold)
    assert there.precision == pytest.approx(back.recall)
    assert there.recall == pytest.approx(back.precision)


@given(LABELS)
def test_metrics_are_between_0_and_1(pairs: list[tuple[int, int]]) -> None:
    gold, result = zip(*pairs, strict=True)
    for agreement in (bcubed(gold, result), pairwise(gold, result)):
        for value in (agreement.precision, agreement.recall, agreement.f1):
            assert 0 <= value <= 1 + 1e-9


@given(LABELS)
def test_single_articles_have_precision_1(pairs: list[tuple[int, int]]) -> None:
    gold = [label for label, _ in pairs]
    assert bcubed(gold, list(range(len(gold)))).precision == pytest.approx(1)
