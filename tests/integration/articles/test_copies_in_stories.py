"""Tests of copies whose article or original moves to another story."""

from datetime import timedelta

from sqlalchemy import select

from jobs.running.context import Context
from service.domain.articles.copies import Copy
from service.store.articles import copies
from service.store.stories import apply_plan, descriptions, stories
from service.store.stories.stories import NewMembership
from service.store.tables import CopyRow, StoryRow
from tests.integration.conftest import NOW
from tests.support.database.rows import Rows


def test_earliest_copy_becomes_the_original_when_the_original_leaves(context: Context) -> None:
    with context.sessions.begin() as session:
        rows = Rows(session)
        articles = [
            rows.article(rows.outlet(name), name, at=NOW + timedelta(hours=hour))
            for hour, name in enumerate(("wire", "first", "second", "other"))
        ]
        rows.story("one", articles[:3])
        rows.story("two", articles[3:])
        wire, first, second, other = (article.id for article in articles)
        found = [Copy(key, wire, 0.9) for key in (first, second, other)]
        stamp = apply_plan.new_stamp(session, NOW, "place")
        assert copies.replace_copies(session, [first, second, other], found, at=stamp.now) == {
            first,
            second,
            other,
        }
        copies.keep_in_one_story(session, [other], at=stamp.now)
        assert copies.load_originals(session, [first, second, other]) == {
            first: wire,
            second: wire,
        }

        moved = apply_plan.new_stamp(session, NOW + timedelta(hours=9), "editor")
        stories.move_articles(session, [NewMembership(wire, "two", None, {})], moved)
        copies.keep_in_one_story(session, [wire], at=moved.now)
        assert copies.load_originals(session, [first, second]) == {second: first}
        past = select(CopyRow.original_id).where(
            CopyRow.article_id == first, CopyRow.valid_until == moved.now
        )
        assert session.scalars(past).all() == [wire]


def test_changed_copies_request_a_description(context: Context) -> None:
    with context.sessions.begin() as session:
        rows = Rows(session)
        articles = [rows.article(rows.outlet(name), name) for name in ("wire", "daily")]
        rows.story("one", articles, described_at=NOW)
        rows.story("two", [rows.article(rows.outlet("far"), "far")], described_at=NOW)
        descriptions.require_description(session, [articles[1].id])
        session.expire_all()
        described = dict(session.execute(select(StoryRow.id, StoryRow.described_at)).all())
    assert described["one"] is None
    assert described["two"] == NOW
