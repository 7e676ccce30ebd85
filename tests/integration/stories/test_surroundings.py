"""Outlets that do not report a story: examples after "not in"."""

from datetime import timedelta

import pytest

from service.store.database.sessions import Sessions
from service.store.stories.surroundings import (
    Surroundings,
    load_absent_outlets,
    replace_surroundings,
)
from tests.support.database.rows import NOW, Rows


@pytest.mark.parametrize(
    ("hours", "names"),
    [(0, ["Quay"]), (-23, ["Quay"]), (23, ["Quay"]), (-25, []), (25, [])],
)
def test_outlets_without_an_article_around_the_story_are_not_named(
    sessions: Sessions, hours: int, names: list[str]
):
    """Their feeds may have failed; they may also have started later."""
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("wire"), "Ferry strikes pier", at=NOW)])
        rows.article(rows.outlet("quay"), "Tax bill passes", at=NOW + timedelta(hours=hours))
        replace_surroundings(session, {"ferry": Surroundings(absent_outlets=("quay",))})
        found = load_absent_outlets(session, ["ferry"])
    assert [name for _, name in found.get("ferry", [])] == names
