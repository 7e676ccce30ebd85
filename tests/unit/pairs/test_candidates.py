"""Search for the nearest vectors: single precision first, then the exact cosines of a few."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from service.domain.articles.model import Rows, Vectors
from service.domain.pairs.candidates import nearest_cross_language, nearest_vectors
from service.domain.pairs.features import CandidateFeatures
from service.domain.pairs.nearest import Pairs
from service.settings import load as settings_module


def features_of(values: np.ndarray, hours: np.ndarray) -> CandidateFeatures:
    languages = np.array([("en", "de", "")[row % 3] for row in range(len(values))])
    vectors = Vectors("m", values.astype(np.float32))
    return CandidateFeatures(vectors, csr_matrix((len(values), 0)), hours, languages)


def nearest_by_definition(
    features: CandidateFeatures, rows: Rows, count: int, window_hours: float, *, cross: bool
) -> set[tuple[int, int]]:
    """The columns of the highest rounded cosines of each row, the first ones if tied."""
    values = features.vectors.values.astype(np.float64)
    cosines = np.round(values @ values.T, 6)
    languages, hours, found = features.languages, features.hours, set()
    for row in rows.tolist():
        columns = [
            column
            for column in range(len(values))
            if column != row
            and cosines[row, column] > 0
            and not abs(hours[row] - hours[column]) > window_hours
            and (not cross or "" != languages[column] != languages[row] != "")
        ]
        columns.sort(key=lambda column: (-cosines[row, column], column))
        found |= {(row, column) for column in columns[:count]}
    return found


def sample_vectors(kind: str) -> np.ndarray:
    random = np.random.default_rng(3)
    values = random.normal(size=(60, 24))
    if kind == "ties":  # many equal vectors, and vectors that differ in the seventh digit
        values = values[random.integers(0, 8, 60)] + random.normal(size=(60, 24)) * 1e-7
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    values[::11] = 0
    return values


@pytest.mark.parametrize("kind", ["different", "ties"])
@pytest.mark.parametrize("window_hours", [float("inf"), 20.0])
def test_nearest_vectors_are_those_of_the_definition(kind: str, window_hours: float) -> None:
    hours = np.where(np.arange(60) % 7 == 0, np.nan, np.arange(60.0))
    features = features_of(sample_vectors(kind), hours)
    settings = replace(
        settings_module.load({}).candidates,
        neighbours=5,
        cross_language=3,
        window_hours=window_hours,
    )
    rows = np.arange(0, 60, 2, dtype=np.int64)
    for search, count, cross in (
        (nearest_vectors, settings.neighbours, False),
        (nearest_cross_language, settings.cross_language, True),
    ):
        pairs: Pairs = search(features, settings, rows)
        found = {(one, other) for one, other in pairs.tolist()}
        assert found == nearest_by_definition(features, rows, count, window_hours, cross=cross)
        assert len(found) == len(pairs)


def test_window_of_one_article_has_no_pairs() -> None:
    features = features_of(np.ones((1, 24)) / np.sqrt(24), np.zeros(1))
    rows = np.zeros(1, dtype=np.int64)
    assert nearest_vectors(features, settings_module.load({}).candidates, rows).shape == (0, 2)
