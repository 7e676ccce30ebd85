"""Projection of stories onto the map."""

import numpy as np
import pytest

from service.domain.stories.story_map import project


def test_similar_stories_are_near_each_other():
    generator = np.random.default_rng(3)
    subjects = np.repeat(np.eye(4, 16), 6, axis=0)
    centroids = (subjects + generator.normal(0, 0.05, subjects.shape)).astype(np.float32)
    places = project(centroids)
    assert places.min() >= 0
    assert places.max() <= 1
    assert (project(centroids) == places).all()
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    nearest = (distances + np.eye(24) * 9).argmin(axis=1)
    assert (nearest // 6 == np.arange(24) // 6).mean() > 0.9


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_few_stories_have_places_of_their_own(count: int):
    places = project(np.eye(count, 8, dtype=np.float32))
    assert places.shape == (count, 2)
    assert len({tuple(each) for each in places}) == count
