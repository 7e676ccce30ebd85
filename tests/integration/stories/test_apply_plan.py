"""Plans are written: the counts of transitions are those that are recorded."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from service.domain.grouping.lineage import plan_removal
from service.store.database.sessions import Sessions
from service.store.stories import apply_plan
from service.store.tables import TransitionRow
from tests.support.database.rows import NOW, Rows


def test_the_counts_include_stories_that_close_without_articles(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        article = rows.article(rows.outlet("daily"), "Ferry hits pier")
        rows.story("ferry", [article])
        stamp = apply_plan.new_stamp(session, NOW + timedelta(hours=1), "reconcile")
        counts = apply_plan.apply_plan(
            session,
            plan_removal({article.id: "ferry"}),
            stamp,
            reported_at={},
            quiet_since=NOW,
            reasons={},
        )
        kinds = session.scalars(select(TransitionRow.kind).where(TransitionRow.at == stamp.now))
        assert counts == Counter(kinds) == {"shrank": 1, "closed": 1}
