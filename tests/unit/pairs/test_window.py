import numpy as np
import pytest

from service.domain.articles.model import Floats, Vectors
from service.domain.pairs.centering import CenteringMean
from service.domain.pairs.nearest import Pairs
from service.domain.pairs.scoring.date_prior import (
    DEFAULT_LOG_COMPETITORS,
    WindowSizePrior,
    date_proximity,
)
from service.domain.pairs.scoring.window_prior import prior_shift

#: The hours of a large window's articles.
LARGE_WINDOW = np.zeros(1_000_000)
RANDOM = np.random.default_rng(3)


def vectors_of(values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Vectors:
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    return Vectors("m", unit.astype(np.float32))


def test_centering_removes_the_common_mean() -> None:
    vectors = vectors_of(RANDOM.normal(size=(2000, 16)) + 1)
    tags = np.full(2000, "en")
    rest = CenteringMean.fit(vectors, tags).subtract_from(vectors, tags)
    assert vectors.cosines(vectors).mean() > 0.4
    assert abs(rest.cosines(rest).mean()) < 0.02
    assert np.allclose(np.linalg.norm(rest.values, axis=1), 1, atol=1e-5)


def test_centering_a_small_window_keeps_similarity() -> None:
    vectors = vectors_of(np.array([[1.0, 0.1], [1.0, -0.1]]))
    tags = np.array(["en", "en"])
    rest = CenteringMean.fit(vectors, tags).subtract_from(vectors, tags)
    assert rest.cosines(rest)[0, 1] > 0.97


def test_centering_makes_languages_comparable() -> None:
    events, languages = RANDOM.normal(size=(400, 16)), RANDOM.normal(size=(2, 16)) * 3
    vectors = vectors_of(np.concatenate([events + languages[0], events + languages[1]]))
    tags = np.repeat(["en", "tr"], 400)
    rest = CenteringMean.fit(vectors, tags).subtract_from(vectors, tags)
    pairs = np.arange(400)
    same = rest.cosines(rest)[pairs, pairs + 400]
    other = rest.cosines(rest)[pairs, np.roll(pairs, 1) + 400]
    assert same.mean() > 0.9
    assert abs(other.mean()) < 0.1


def test_zero_vectors_stay_zero() -> None:
    vectors = Vectors("m", np.array([[1, 0], [0, 0], [0, 1]], dtype=np.float32))
    tags = np.array(["en", "", "en"])
    rest = CenteringMean.fit(vectors, tags).subtract_from(vectors, tags)
    assert rest.values[1].tolist() == [0, 0]


def test_empty_window_has_a_zero_mean() -> None:
    nothing = Vectors("m", np.zeros((0, 4), dtype=np.float32))
    assert CenteringMean.fit(nothing, np.array([], dtype=np.str_)).overall.tolist() == [0, 0, 0, 0]


def test_date_proximity_decreases_with_distance() -> None:
    proximity = date_proximity(np.array([0.0, 24.0, 240.0, 1e6]))
    assert proximity[0] == 1
    assert (np.diff(proximity) < 0).all()
    assert proximity[-1] > 0


def test_larger_windows_have_lower_date_prior() -> None:
    few, many = WindowSizePrior.fit(np.zeros(3000)), WindowSizePrior.fit(np.zeros(300_000))
    assert few.log_competitors == pytest.approx(np.log(3000), rel=0.01)
    assert many.log_competitors == pytest.approx(np.log(300_000), rel=0.01)
    at_once = np.array([0.0])
    assert few.log_odds(at_once) > many.log_odds(at_once)


def test_articles_months_apart_do_not_compete() -> None:
    day = WindowSizePrior.fit(np.zeros(300))
    years = WindowSizePrior.fit(np.arange(300, dtype=np.float64) * 24 * 30)
    assert years.log_competitors < day.log_competitors - 3


def test_missing_dates_have_the_mean_proximity() -> None:
    dates = np.append(RANDOM.uniform(0, 500, 200), [np.nan] * 5)
    window_size_prior = WindowSizePrior.fit(dates)
    assert window_size_prior.log_odds(np.array([np.nan]))[0] == pytest.approx(
        np.log(window_size_prior.undated_proximity) - window_size_prior.log_competitors
    )
    assert 0 < window_size_prior.undated_proximity < 1
    lost = WindowSizePrior.fit(np.full(9000, np.nan))
    assert lost.log_competitors == pytest.approx(np.log(9000), rel=0.01)
    assert lost.undated_proximity == 1


def test_empty_window_has_the_default_prior() -> None:
    assert WindowSizePrior.fit(np.zeros(0)) == WindowSizePrior(DEFAULT_LOG_COMPETITORS, 1.0)


def test_long_time_spans_are_binned() -> None:
    dates = np.sort(RANDOM.uniform(0, 5e6, 20_000))
    assert 2 < WindowSizePrior.fit(dates).log_competitors < 4


def calibrated_scores(
    share: float, *, evidence_strength: float = 1.5, count: int = 20_000
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], float]:
    """Scores of a model calibrated for a prior of 0.5, and the true shift to a prior of `share`.

    `evidence_strength`: mean log odds of a pair in favour of its true class.
    """
    true = RANDOM.random(count) < share
    spread = np.sqrt(2 * evidence_strength)  # makes the log odds calibrated
    evidence = RANDOM.normal(np.where(true, evidence_strength, -evidence_strength), spread)
    return 1 / (1 + np.exp(-evidence)), float(np.log(share / (1 - share)))


def disjoint_pairs(scores: Floats, each: int = 1) -> Pairs:
    """As many pairs as scores, with `each` pairs per article."""
    rows = np.arange(len(scores)) // each
    return np.column_stack([rows, len(scores) // each + rows])


def test_few_true_pairs_lower_the_log_odds() -> None:
    scores, expected = calibrated_scores(0.03)
    assert prior_shift(scores, disjoint_pairs(scores), 0.5, LARGE_WINDOW) == pytest.approx(
        expected, abs=0.25
    )


def test_lower_prior_is_ignored_if_most_articles_have_a_likely_partner() -> None:
    scores, expected = calibrated_scores(0.1)
    assert prior_shift(scores, disjoint_pairs(scores), 0.5, LARGE_WINDOW[:40_000]) == pytest.approx(
        expected, abs=0.25
    )
    assert prior_shift(scores, disjoint_pairs(scores, each=20), 0.5, LARGE_WINDOW[:2000]) == 0


def test_higher_prior_needs_decisive_scores() -> None:
    decided, expected = calibrated_scores(0.85, evidence_strength=5)
    assert prior_shift(decided, disjoint_pairs(decided), 0.5, LARGE_WINDOW) == pytest.approx(
        expected, abs=0.25
    )
    middling, _ = calibrated_scores(0.85)
    assert prior_shift(middling, disjoint_pairs(middling), 0.5, LARGE_WINDOW) == 0
    score_matrix, expected = calibrated_scores(0.85, evidence_strength=3)
    assert (
        0
        < prior_shift(score_matrix, disjoint_pairs(score_matrix), 0.5, LARGE_WINDOW)
        < expected - 0.4
    )


def test_higher_prior_is_applied_without_dates() -> None:
    scores, expected = calibrated_scores(0.85)
    undated = np.full(1_000_000, np.nan)
    assert prior_shift(scores, disjoint_pairs(scores), 0.5, undated) == pytest.approx(
        expected, abs=0.25
    )
    undated[:500_000] = 0
    assert prior_shift(scores, disjoint_pairs(scores), 0.5, undated) == pytest.approx(
        expected / 2, abs=0.2
    )


def test_small_windows_shift_little() -> None:
    scores, expected = calibrated_scores(0.85, evidence_strength=5)
    few = disjoint_pairs(scores, each=4000)
    assert 0 < prior_shift(scores, few, 0.5, LARGE_WINDOW[:10]) < expected / 5
    assert prior_shift(np.zeros(0), disjoint_pairs(np.zeros(0)), 0.5, LARGE_WINDOW[:0]) == 0
