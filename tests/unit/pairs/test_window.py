import numpy as np
import pytest

from service.domain.articles.model import Floats, Vectors
from service.domain.pairs.candidates import Pairs
from service.domain.pairs.centering import CenteringMean
from service.domain.pairs.date_prior import DEFAULT_LOG_COMPETITORS, WindowSizePrior, date_proximity
from service.domain.pairs.match_prior import prior_shift

#: The hours of a large window's articles.
MANY = np.zeros(1_000_000)
RANDOM = np.random.default_rng(3)


def vectors_of(values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Vectors:
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    return Vectors("m", unit.astype(np.float32))


def test_what_all_have_in_common_tells_nothing() -> None:
    vectors = vectors_of(RANDOM.normal(size=(2000, 16)) + 1)
    tags = np.full(2000, "en")
    rest = CenteringMean.fit(vectors, tags).subtract_from(vectors, tags)
    assert vectors.cosines(vectors).mean() > 0.4
    assert abs(rest.cosines(rest).mean()) < 0.02
    assert np.allclose(np.linalg.norm(rest.values, axis=1), 1, atol=1e-5)


def test_two_articles_keep_what_they_share() -> None:
    vectors = vectors_of(np.array([[1.0, 0.1], [1.0, -0.1]]))
    tags = np.array(["en", "en"])
    rest = CenteringMean.fit(vectors, tags).subtract_from(vectors, tags)
    assert rest.cosines(rest)[0, 1] > 0.97


def test_articles_of_two_languages_meet() -> None:
    events, languages = RANDOM.normal(size=(400, 16)), RANDOM.normal(size=(2, 16)) * 3
    vectors = vectors_of(np.concatenate([events + languages[0], events + languages[1]]))
    tags = np.repeat(["en", "tr"], 400)
    rest = CenteringMean.fit(vectors, tags).subtract_from(vectors, tags)
    pairs = np.arange(400)
    same = rest.cosines(rest)[pairs, pairs + 400]
    other = rest.cosines(rest)[pairs, np.roll(pairs, 1) + 400]
    assert same.mean() > 0.9
    assert abs(other.mean()) < 0.1


def test_nothing_is_taken_off_vectors_of_which_nothing_is_known() -> None:
    vectors = Vectors("m", np.array([[1, 0], [0, 0], [0, 1]], dtype=np.float32))
    tags = np.array(["en", "", "en"])
    rest = CenteringMean.fit(vectors, tags).subtract_from(vectors, tags)
    assert rest.values[1].tolist() == [0, 0]


def test_an_empty_window_has_no_centre() -> None:
    nothing = Vectors("m", np.zeros((0, 4), dtype=np.float32))
    assert CenteringMean.fit(nothing, np.array([], dtype=np.str_)).overall.tolist() == [0, 0, 0, 0]


def test_an_event_is_reported_soon() -> None:
    near = date_proximity(np.array([0.0, 24.0, 240.0, 1e6]))
    assert near[0] == 1
    assert (np.diff(near) < 0).all()
    assert near[-1] > 0


def test_the_more_articles_the_smaller_the_chance() -> None:
    few, many = WindowSizePrior.fit(np.zeros(3000)), WindowSizePrior.fit(np.zeros(300_000))
    assert few.log_competitors == pytest.approx(np.log(3000), rel=0.01)
    assert many.log_competitors == pytest.approx(np.log(300_000), rel=0.01)
    at_once = np.array([0.0])
    assert few.log_odds(at_once) > many.log_odds(at_once)


def test_articles_months_apart_do_not_compete() -> None:
    day = WindowSizePrior.fit(np.zeros(300))
    years = WindowSizePrior.fit(np.arange(300, dtype=np.float64) * 24 * 30)
    assert years.log_competitors < day.log_competitors - 3


def test_missing_dates_are_as_near_as_the_window_is_on_average() -> None:
    dates = np.append(RANDOM.uniform(0, 500, 200), [np.nan] * 5)
    window_size_prior = WindowSizePrior.fit(dates)
    assert window_size_prior.log_odds(np.array([np.nan]))[0] == pytest.approx(
        np.log(window_size_prior.undated_proximity) - window_size_prior.log_competitors
    )
    assert 0 < window_size_prior.undated_proximity < 1
    lost = WindowSizePrior.fit(np.full(9000, np.nan))
    assert lost.log_competitors == pytest.approx(np.log(9000), rel=0.01)
    assert lost.undated_proximity == 1


def test_a_window_without_articles_is_a_usual_one() -> None:
    assert WindowSizePrior.fit(np.zeros(0)) == WindowSizePrior(DEFAULT_LOG_COMPETITORS, 1.0)


def test_long_spans_are_counted_in_bounded_work() -> None:
    dates = np.sort(RANDOM.uniform(0, 5e6, 20_000))
    assert 2 < WindowSizePrior.fit(dates).log_competitors < 4


def calibrated(
    share: float, *, told_by: float = 1.5, count: int = 20_000
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], float]:
    """Scores of a model calibrated for half true pairs, among which there are `share`.

    `told_by`: log odds by which the evidence of a pair tells what it is, on average.
    """
    true = RANDOM.random(count) < share
    spread = np.sqrt(2 * told_by)  # which makes the log odds calibrated
    evidence = RANDOM.normal(np.where(true, told_by, -told_by), spread)
    return 1 / (1 + np.exp(-evidence)), float(np.log(share / (1 - share)))


def paired(scores: Floats, each: int = 1) -> Pairs:
    """Pairs of which each article has so many."""
    rows = np.arange(len(scores)) // each
    return np.column_stack([rows, len(scores) // each + rows])


def test_a_quiet_window_asks_for_more_evidence() -> None:
    scores, wanted = calibrated(0.03)
    assert prior_shift(scores, paired(scores), 0.5, MANY) == pytest.approx(wanted, abs=0.25)


def test_few_true_pairs_are_not_believed_where_most_articles_have_a_likely_partner() -> None:
    scores, wanted = calibrated(0.1)
    assert prior_shift(scores, paired(scores), 0.5, MANY[:40_000]) == pytest.approx(
        wanted, abs=0.25
    )
    assert prior_shift(scores, paired(scores, each=20), 0.5, MANY[:2000]) == 0


def test_many_true_pairs_are_believed_where_scores_are_decided() -> None:
    decided, wanted = calibrated(0.85, told_by=5)
    assert prior_shift(decided, paired(decided), 0.5, MANY) == pytest.approx(wanted, abs=0.25)
    middling, _ = calibrated(0.85)
    assert prior_shift(middling, paired(middling), 0.5, MANY) == 0
    score_matrix, wanted = calibrated(0.85, told_by=3)
    assert 0 < prior_shift(score_matrix, paired(score_matrix), 0.5, MANY) < wanted - 0.4


def test_many_true_pairs_are_believed_where_there_are_no_dates() -> None:
    scores, wanted = calibrated(0.85)
    undated = np.full(1_000_000, np.nan)
    assert prior_shift(scores, paired(scores), 0.5, undated) == pytest.approx(wanted, abs=0.25)
    undated[:500_000] = 0
    assert prior_shift(scores, paired(scores), 0.5, undated) == pytest.approx(wanted / 2, abs=0.2)


def test_a_small_window_hardly_shifts() -> None:
    scores, wanted = calibrated(0.85, told_by=5)
    few = paired(scores, each=4000)
    assert 0 < prior_shift(scores, few, 0.5, MANY[:10]) < wanted / 5
    assert prior_shift(np.zeros(0), paired(np.zeros(0)), 0.5, MANY[:0]) == 0
