"""Migration 0030 (originals in the story of their copies); downgrade and upgrade."""

from datetime import timedelta

from sqlalchemy import Engine, select

from service.store.database.sessions import Sessions
from service.store.tables import CopyRow, StoryRow
from tests.support.database.migrations import migrate
from tests.support.database.rows import NOW, Rows


def test_upgrade_ends_copies_across_stories(engine: Engine, sessions: Sessions):
    with sessions.begin() as session:
        rows = Rows(session)
        wire, same, other = (rows.article(rows.outlet(name), name) for name in ("a", "b", "c"))
        rows.story("one", [wire, same], described_at=NOW)
        rows.story("two", [other], described_at=NOW, state="closed")
        for copy in (same, other):
            began = NOW - timedelta(days=1)
            row = CopyRow(article_id=copy.id, original_id=wire.id, share=1.0, valid_from=began)
            session.add(row)
        kept = same.id
    migrate(engine, "0029", up=False)
    migrate(engine, "head", up=True)
    with sessions() as session:
        current = select(CopyRow.article_id).where(CopyRow.valid_until.is_(None))
        assert session.scalars(current).all() == [kept]
        described = dict(session.execute(select(StoryRow.id, StoryRow.described_at)).all())
    assert described["one"] is None
    assert described["two"] == NOW
