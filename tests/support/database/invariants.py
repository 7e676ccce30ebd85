"""Invariants of stories that hold after every committed transaction."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from service.store.stories import constraints, stories
from service.store.tables import StoryRow, StoryVersionRow

#: Queries that must return no rows.
FORBIDDEN = {
    "an article in two stories at one time": """
        SELECT a.article_id FROM memberships a JOIN memberships b ON a.article_id = b.article_id
        AND a.id < b.id AND tstzrange(a.valid_from, a.valid_until)
                        && tstzrange(b.valid_from, b.valid_until)""",
    "a member of a merged story": """
        SELECT m.article_id FROM memberships m JOIN stories s ON s.id = m.story_id
        WHERE m.valid_until IS NULL AND s.state = 'merged'""",
    "a merged story that leads to a merged one": """
        SELECT a.id FROM stories a JOIN stories b ON b.id = a.merged_into
        WHERE b.state = 'merged'""",
    "an open story without articles": """
        SELECT id FROM stories s WHERE state = 'open' AND NOT EXISTS
        (SELECT FROM memberships m WHERE m.story_id = s.id AND m.valid_until IS NULL)""",
    "a placed article that is neither hidden nor a round-up nor in a story": """
        SELECT id FROM articles a WHERE stage <> 'admitted'
        AND coalesce(corrected_type, type) <> 'roundup'
        AND NOT EXISTS (SELECT FROM memberships m
                        WHERE m.article_id = a.id AND m.valid_until IS NULL)
        AND NOT EXISTS (SELECT FROM constraints c WHERE c.article_id = a.id
                        AND c.kind = 'hide' AND c.revoked_at IS NULL)""",
    "a story of other languages than its members": """
        SELECT id FROM stories s WHERE languages <> ARRAY(
        SELECT DISTINCT lower(split_part(coalesce(a.language, o.language), '-', 1)) AS code
        FROM memberships m JOIN articles a ON a.id = m.article_id
        JOIN outlets o ON o.id = a.outlet_id
        WHERE m.story_id = s.id AND m.valid_until IS NULL
        AND coalesce(a.language, o.language) IS NOT NULL ORDER BY code)""",
    "a story without a first transition": """
        SELECT id FROM stories s WHERE NOT EXISTS
        (SELECT FROM transitions t WHERE t.story_id = s.id AND t.kind = 'emerged')""",
    "a child that its parent does not name": """
        SELECT id FROM stories s WHERE split_from IS NOT NULL AND NOT EXISTS
        (SELECT FROM transitions t WHERE t.story_id = s.split_from AND t.kind = 'split'
         AND t.other_story_id = s.id)""",
}


def check(session: Session) -> None:
    """Raise AssertionError with the name of the first violated invariant."""
    for name, query in FORBIDDEN.items():
        assert session.execute(text(query)).all() == [], name
    _check_versions(session)
    _check_links(session)


def _check_versions(session: Session) -> None:
    """Check that every story has an open version with the same columns."""
    names = [column.key for column in StoryVersionRow.__table__.columns]
    shared = [name for name in names if hasattr(StoryRow, name)]
    columns = ", ".join(shared)
    query = (
        f"SELECT {columns} FROM stories EXCEPT "
        f"SELECT {columns} FROM story_versions WHERE valid_until IS NULL"
    )
    assert session.execute(text(query)).all() == [], "a story that differs from its open version"


def _check_links(session: Session) -> None:
    """Check that must-link pairs share a story and cannot-link pairs do not."""
    links = constraints.load_active(session)
    story_ids = stories.story_of(session, {int(key) for each in links for key in each.link})
    for each in links:
        one, other = (story_ids.get(int(key)) for key in each.link)
        if one and other:
            assert (one == other) is each.together, each
