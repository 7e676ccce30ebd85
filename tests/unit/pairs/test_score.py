import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from service.domain.articles.model import Article, Vectors, hours_since_epoch
from service.domain.articles.tokenization import encoded_text, words
from service.domain.pairs.background import DEFAULT_SIMILARITY, background_similarity
from service.domain.pairs.candidates import (
    candidate_pairs,
    nearest_vectors,
    recall,
    unique_pairs,
    within_window,
)
from service.domain.pairs.features import Features, TokenisedArticles, window_vocabulary
from service.domain.pairs.scoring.date_prior import hours_apart
from service.domain.pairs.scoring.score import PAIR_FEATURES, PairModel, pair_features
from service.domain.pairs.scoring.training import (
    LabelledPairs,
    calibration_error,
    fit,
    untrained_model,
)
from service.domain.pairs.vocabulary import Vocabulary, rarest_keys, word_key
from service.errors import BadInputError, ModelMismatchError
from service.settings.sections.embedding import CandidateSettings, TrainingSettings
from tests.support.content.events import all_pairs, encoded, event_articles, pair_model
from tests.support.content.vocabularies import vocabulary_of

SETTINGS = CandidateSettings(
    neighbours=3, cross_language=4, shared_words=2, rare_words=10, window_hours=float("inf")
)


NOON = datetime(2026, 4, 20, 12, tzinfo=UTC)


@pytest.fixture
def features() -> Features:
    return build_features(event_articles())


def build_features(articles: Sequence[Article]) -> Features:
    tokenised = TokenisedArticles.build(articles, encoded(articles))
    return Features.build(tokenised, tokenised.build_vocabulary())


def test_words_fold_case_possessives_and_plurals() -> None:
    assert list(words("Syria’s talks, TALKS and U.S. bases: 1,200")) == [
        "syria", "talk", "talk", "and", "u.s", "base", "1,200"
    ]  # fmt: skip


def test_title_and_lead_are_encoded() -> None:
    assert encoded_text(Article(1, "Title", "x" * 5000)) == "Title\n" + "x" * 700
    assert encoded_text(Article(1, "Title")) == "Title"
    assert encoded_text(Article(1, "x" * 5000, "y")) == "x" * 500 + "\ny"


def test_vectors_of_two_models_are_not_comparable() -> None:
    one, other = (Vectors(name, np.eye(2, dtype=np.float32)) for name in ("a", "b"))
    with pytest.raises(ModelMismatchError, match="'a' and 'b'"):
        one.cosines(other)
    with pytest.raises(ModelMismatchError):
        Vectors.concatenate([one, other])
    assert len(Vectors.concatenate([one, one])) == 4


def test_hours_of_a_date_without_zone_count_as_utc() -> None:
    first, second = event_articles()[:2]
    assert first.published is not None
    assert hours_since_epoch(first.published.replace(tzinfo=None)) == hours_since_epoch(
        first.published
    )
    assert hours_since_epoch(second.published) - hours_since_epoch(first.published) == 1
    assert np.isnan(hours_since_epoch(None))


def test_vocabulary_round_trips_through_bytes() -> None:
    vocabulary = window_vocabulary(event_articles(), encoded(event_articles()))
    stored = Vocabulary.from_bytes(vocabulary.to_bytes())
    keys = np.array([word_key("ferry"), word_key("unheard")], dtype=np.uint32)
    assert stored.document_frequencies(keys).tolist() == [4, 1]
    assert stored.idf(keys).tolist() == vocabulary.idf(keys).tolist()
    assert (stored.articles, stored.background) == (vocabulary.articles, vocabulary.background)
    assert (stored.window_size_prior, stored.prior_shift) == (
        vocabulary.window_size_prior,
        vocabulary.prior_shift,
    )
    assert stored.centering_mean.overall.tolist() == vocabulary.centering_mean.overall.tolist()


def test_rarest_keys_come_first() -> None:
    vocabulary = vocabulary_of([["a", "b"], ["a", "b"], ["a", "c"]])
    assert rarest_keys(["a", "b", "c"], vocabulary, 2) == [word_key("c"), word_key("b")]


def test_empty_vocabulary_counts_every_word_once() -> None:
    vocabulary = vocabulary_of([])
    assert vocabulary.document_frequencies(np.array([1], dtype=np.uint32)).tolist() == [1]


def test_background_is_the_mean_cosine_of_two_articles() -> None:
    values = np.random.default_rng(1).normal(size=(500, 8)).astype(np.float32) + 1
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    cosines = values @ values.T
    mean = (cosines.sum() - 500) / (500 * 499)
    expected = (mean * 500 + DEFAULT_SIMILARITY * 50) / 550
    assert background_similarity(Vectors("m", values)) == pytest.approx(float(expected), abs=1e-4)


def test_zero_vectors_do_not_change_the_background() -> None:
    vectors = encoded(event_articles()).values
    padded = np.concatenate([vectors, np.zeros((30, vectors.shape[1]), dtype=np.float32)])
    assert background_similarity(Vectors("m", padded)) == background_similarity(
        Vectors("m", vectors)
    )


@pytest.mark.parametrize("count", [0, 1])
def test_window_without_pairs_has_the_default_background(count: int) -> None:
    similarity = background_similarity(Vectors("m", np.zeros((count, 4), dtype=np.float32)))
    assert similarity == pytest.approx(DEFAULT_SIMILARITY, rel=0.03)


def test_candidates_include_the_nearest_vectors(features: Features) -> None:
    pairs = {tuple(pair) for pair in candidate_pairs(features, SETTINGS).tolist()}
    cosines = features.vectors.cosines(features.vectors) - 2 * np.eye(len(features))
    nearest = cosines.argmax(axis=1)
    assert all((min(a, b), max(a, b)) in pairs for a, b in enumerate(nearest.tolist()))


def test_candidates_include_given_pairs(features: Features) -> None:
    last = len(features) - 1
    assert [0, last] in candidate_pairs(features, SETTINGS, [(last, 0)]).tolist()


def test_ties_of_nearest_vectors_go_to_the_first() -> None:
    same = [Article(key, "A ferry struck a pier") for key in range(50)]
    tokenised = TokenisedArticles.build(same, encoded(same))
    candidate_features = tokenised.candidate_features(np.arange(50), tokenised.build_vocabulary())
    result = {
        tuple(pair)
        for pair in nearest_vectors(candidate_features, SETTINGS, np.array([30])).tolist()
    }
    assert result == {(30, 0), (30, 1), (30, 2)}


def test_articles_without_words_have_no_candidates() -> None:
    wordless = [Article(key, "") for key in range(5)]
    tokenised = TokenisedArticles.build(wordless, encoded(wordless))
    features = Features.build(tokenised, tokenised.build_vocabulary())
    assert candidate_pairs(features, SETTINGS).shape == (0, 2)
    assert len(features) == len(tokenised) == 5


def test_only_query_rows_search_for_candidates(features: Features) -> None:
    pairs = candidate_pairs(features, SETTINGS, rows=np.array([0]))
    assert len(pairs)
    assert (pairs == 0).any(axis=1).all()


def test_articles_outside_the_window_are_not_candidates(features: Features) -> None:
    close = CandidateSettings(
        neighbours=9, cross_language=0, shared_words=9, rare_words=10, window_hours=0.5
    )
    apart = features.hours[candidate_pairs(features, close)]
    assert (apart[:, 0] == apart[:, 1]).all()


def test_missing_date_is_always_within_the_window() -> None:
    dated = np.array([0.0, 500.0, np.nan])
    assert within_window(dated, all_pairs(3), 24).tolist() == [False, True, True]


def test_no_candidates_among_fewer_than_two_articles() -> None:
    for count in (0, 1):
        articles = event_articles(each=1)[:count]
        tokenised = TokenisedArticles.build(articles, encoded(articles))
        features = Features.build(tokenised, tokenised.build_vocabulary())
        assert candidate_pairs(features, SETTINGS).shape == (0, 2)


def test_pairs_are_sorted_and_unique() -> None:
    assert unique_pairs(np.array([[2, 1], [1, 2], [3, 3], [0, 2]])).tolist() == [[0, 2], [1, 2]]


def test_recall_counts_pairs_of_one_story() -> None:
    assert recall(np.array([[0, 1]]), ["a", "a", "a", "b"]) == pytest.approx(1 / 3)
    assert recall(np.array([[0, 1]]), [1, "1", 1]) == 0
    assert recall(np.zeros((0, 2), dtype=np.int64), ["a", "b"]) == 1


def test_score_and_score_matrix_agree(features: Features) -> None:
    rows = np.arange(len(features))
    block = pair_model().score_matrix(features, rows, rows)
    pairs = all_pairs(len(features))
    scores = pair_model().score(features, pairs)
    assert np.allclose(block[pairs[:, 0], pairs[:, 1]], scores, atol=2e-6)


def test_contributions_add_up_to_the_log_odds(features: Features) -> None:
    model = pair_model()
    row = pair_features(features, np.array([[0, 1]]), model)
    total = model.base_log_odds() + sum(model.contributions(row[0]).values())
    assert total == pytest.approx(float(model.log_odds(row)[0]))


def test_time_feature_of_undated_pairs_is_0() -> None:
    articles = [Article(1, "a b", published=None), event_articles()[0]]
    tokenised = TokenisedArticles.build(articles, encoded(articles))
    row = pair_features(
        Features.build(tokenised, tokenised.build_vocabulary()), np.array([[0, 1]]), pair_model()
    )
    assert row[0, PAIR_FEATURES.index("time")] == 0


def test_distance_of_days_is_the_expected_distance_of_random_times() -> None:
    random = np.random.default_rng(1)
    one, other = random.uniform(0, 24, (2, 200_000))
    day, exact = np.array([True]), np.array([False])
    noon = np.array([12.0])

    for shift in (0.0, 6.0, 24.0, 60.0):
        two_days = np.abs(one - (other + shift)).mean()
        assert hours_apart(noon, noon + shift, day, day)[0] == pytest.approx(two_days, abs=0.1)
    for at in (0.0, 9.0, 24.0, 60.0):
        time = np.array([at])
        assert hours_apart(noon, time, day, exact)[0] == pytest.approx(
            np.abs(one - at).mean(), abs=0.1
        )
        assert hours_apart(noon, time, exact, exact)[0] == abs(12 - at)
    assert np.isnan(hours_apart(noon, np.array([np.nan]), day, exact)[0])


def test_date_known_to_the_day_is_not_an_exact_time() -> None:
    articles = [replace(each, published=NOON) for each in event_articles()]
    days = [replace(each, published=NOON - timedelta(hours=12), day_only=True) for each in articles]
    exact, vague = (build_features(each) for each in (articles, days))
    pairs, model = all_pairs(len(articles)), pair_model()

    time = PAIR_FEATURES.index("time")
    values = [pair_features(each, pairs, model)[:, time] for each in (exact, vague)]
    assert (values[0] == 1 - model.undated).all()
    assert np.allclose(values[1], np.exp(-8 / model.near_hours) - model.undated)
    rows = np.arange(len(articles))
    matrix = model.score_matrix(vague, rows, rows)
    assert np.allclose(matrix[pairs[:, 0], pairs[:, 1]], model.score(vague, pairs), atol=2e-6)


def test_pair_model_round_trips_through_json() -> None:
    assert PairModel.load(pair_model().dump()) == pair_model()


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"weights": {}})])
def test_invalid_pair_model_is_rejected(text: str) -> None:
    with pytest.raises(BadInputError):
        PairModel.load(text)


def test_pair_model_with_other_features_is_rejected() -> None:
    values = json.loads(pair_model().dump())
    del values["weights"]["title"]
    with pytest.raises(BadInputError, match="exactly"):
        PairModel.load(json.dumps(values))


def test_training_separates_true_from_false_pairs(features: Features) -> None:
    shape = untrained_model(
        TrainingSettings(near_hours=48, undated=0.6, time_weight=3, cross_language_drop=0)
    )
    pairs = all_pairs(len(features))
    same = pairs[:, 0] // 4 == pairs[:, 1] // 4
    labelled = LabelledPairs(pair_features(features, pairs, shape), same)
    model = fit([labelled], shape, about={"of": "test"})
    scores = model.score(features, pairs)
    assert scores[same].min() > scores[~same].max()
    assert model.weights["time"] == 3
    assert all(model.weights[name] >= 0 for name in ("dense", "title", "body"))
    assert model.weights["background"] <= 0
    assert calibration_error(scores, same) < 0.2


def test_perfect_scores_have_no_calibration_error() -> None:
    same = np.array([True, False, True])
    assert calibration_error(same.astype(float), same) == 0


def test_pairs_outside_the_window_score_0(features: Features) -> None:
    pairs = all_pairs(len(features))
    brief = pair_model().with_window(timedelta(hours=0.5))
    beyond = ~within_window(features.hours, pairs, 0.5)
    assert beyond.any()
    scores = brief.score(features, pairs)
    assert (scores[beyond] == 0).all()
    assert (scores[~beyond] == pair_model().score(features, pairs)[~beyond]).all()
    rows = np.arange(len(features))
    assert (brief.score_matrix(features, rows, rows)[tuple(pairs[beyond].T)] == 0).all()
