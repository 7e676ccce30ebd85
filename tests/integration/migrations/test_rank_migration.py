"""Migration 0020 (lower rank for a single outlet); upgrade and downgrade."""

import pytest
from sqlalchemy import Engine, text

from service.domain.stories.ranking import SINGLE_OUTLET_PENALTY_HOURS, compute_rank
from service.store.database.sessions import Sessions
from tests.support.database.migrations import migrate
from tests.support.database.rows import NOW, Rows


def test_downgrade_and_upgrade_convert_stored_ranks(engine: Engine, sessions: Sessions):
    alone, two_outlets = compute_rank(1, NOW), compute_rank(2, NOW)
    with sessions.begin() as session:
        rows = Rows(session)
        one, two = (rows.article(rows.outlet(name), name) for name in ("one", "two"))
        three = rows.article(rows.outlet("three"), "three")
        stored = {"rank": {"age": alone.age, "coverage": alone.coverage, "velocity": 0.0}}
        rows.story("alone", [one], details=stored)
        rows.story("both", [two, three])
        rows.story("bare", [rows.article(rows.outlet("four"), "four")])
    migrate(engine, "0018", up=False)
    assert ranks(engine) == {
        "alone": pytest.approx((alone.total + SINGLE_OUTLET_PENALTY_HOURS, 0.0)),
        "both": (pytest.approx(two_outlets.total), None),
        "bare": (pytest.approx(alone.total + SINGLE_OUTLET_PENALTY_HOURS), None),
    }
    migrate(engine, "head", up=True)
    assert ranks(engine)["alone"] == pytest.approx((alone.total, -SINGLE_OUTLET_PENALTY_HOURS))


def ranks(engine: Engine) -> dict[str, tuple[float, float | None]]:
    """Return rank and coverage part of the rank, by story."""
    query = text("SELECT id, rank, (details #>> '{rank,coverage}')::float FROM stories")
    with engine.connect() as connection:
        return {story: (total, part) for story, total, part in connection.execute(query)}
