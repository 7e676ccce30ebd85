"""Windows with more articles than a statement can have parameters (65,535)."""

from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.articles import articles, copies, vectors
from service.store.database.arrays import LOADED_ROWS
from service.store.database.sessions import Sessions
from service.store.editing import marks
from service.store.stories import constraints, stories
from service.store.tables import ArticleRow
from tests.support.database.large_store import fill_store
from tests.support.database.rows import NOW

IDS = range(1, 70_001)
STORIES = [f"story-{number}" for number in IDS]
LOAD: dict[str, Callable[[Session], object]] = {
    "articles": lambda session: articles.load(session, IDS),
    "report times": lambda session: articles.load_report_times(session, IDS),
    "current stories": lambda session: stories.load_current_stories(session, IDS, now=NOW),
    "stories of articles": lambda session: stories.story_of(session, IDS),
    "originals": lambda session: copies.load_originals(session, IDS),
    "constraints": lambda session: constraints.load_constraints(session, set(IDS)).cannot_link,
    "hidden articles": lambda session: marks.find_hidden_articles(session, IDS),
    "members": lambda session: stories.members(session, STORIES),
    "stories": lambda session: stories.load_stories(session, STORIES),
    "locked stories": lambda session: marks.find_locked_stories(session, STORIES),
}


@pytest.mark.parametrize("load", LOAD.values(), ids=LOAD.keys())
def test_ids_are_one_parameter(sessions: Sessions, load: Callable[[Session], object]) -> None:
    with sessions() as session:
        assert not load(session)


def test_parts_of_a_window_are_loaded_in_order(sessions: Sessions) -> None:
    with sessions() as session:
        engine = session.get_bind().engine
    fill_store(engine, articles=LOADED_ROWS + 200, stories=50, model="model", dimensions=4)
    with sessions() as session:
        ids = sorted(session.scalars(select(ArticleRow.id)))
        loaded = articles.load(session, reversed(ids))
        assert [each.id for each in loaded] == ids
        backwards = vectors.load(session, 1, "model", ids[::-1]).values
        assert np.array_equal(backwards[-3:], vectors.load(session, 1, "model", ids[2::-1]).values)
        assert np.allclose(np.linalg.norm(backwards, axis=1), 1)
