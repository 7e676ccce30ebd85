"""Migration 0034 (precision of dates); upgrade and downgrade."""

from datetime import timedelta

from sqlalchemy import Engine, text

from service.store.database.sessions import Sessions
from tests.support.database.migrations import migrate
from tests.support.database.rows import NOW, Rows


def test_stored_dates_at_midnight_become_days(engine: Engine, sessions: Sessions):
    midnight = NOW.replace(hour=0)
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("quay")
        rows.article(outlet, "exact")
        rows.article(outlet, "midnight", at=midnight)
        rows.article(outlet, "second", at=midnight + timedelta(seconds=1))
        rows.article(outlet, "undated", published=None, date_flag="vague")
    migrate(engine, "0033", up=False)
    with engine.connect() as connection:
        flags = connection.scalars(text("SELECT date_flag FROM articles ORDER BY title")).all()
    assert flags == ["ok", "ok", "ok", "unparsable"]
    migrate(engine, "head", up=True)
    with engine.connect() as connection:
        query = text("SELECT title, date_precision FROM articles ORDER BY title")
        precision: dict[str, str] = dict(connection.execute(query).all())
    assert precision == {
        "exact": "minute",
        "midnight": "day",
        "second": "minute",
        "undated": "minute",
    }
