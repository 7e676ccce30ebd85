"""indexes of story versions for every sort order

An index entry has the keys of the sort order and the period of the version, so that versions of other
times are skipped without reading their rows. Two more indexes bound how far a version's sort key can
be ahead of `valid_from`. Keywords, names and storylines get the same indexes as current stories.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLE = "story_versions"
PERIOD = ("valid_from", sa.text("coalesce(valid_until, 'infinity'::timestamptz)"))
ORDERS = {
    "ix_story_versions_rank": ("pinned", "rank", "id"),
    "ix_story_versions_newest": ("last_reported_at", "id"),
    "ix_story_versions_largest": ("independent", "coverage", "last_reported_at", "id"),
    "ix_story_versions_fastest": (sa.text("story_speed(details)"), "last_reported_at", "id"),
}
WORDS = {
    "ix_story_versions_keywords": sa.text("in_lower_case(keywords)"),
    "ix_story_versions_names": sa.text("story_names(details)"),
}
STORYLINE = "ix_story_versions_storyline_id"
AHEAD = {
    "ix_story_versions_reports_ahead": sa.text("(last_reported_at - valid_from)"),
    "ix_story_versions_rank_ahead": sa.text("(rank - hours_of(valid_from))"),
}
#: Hours since 1970, as in `domain.stories.ranking`. In UTC, because `extract` from a timestamptz may
#: depend on the time zone of the session.
HOURS = """
CREATE FUNCTION hours_of(moment timestamptz) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT date_part('epoch', moment AT TIME ZONE 'UTC') / 3600
$$
"""


def upgrade() -> None:
    op.execute(HOURS)
    op.drop_index("ix_story_versions_period", table_name=TABLE)
    op.drop_index("ix_story_versions_valid_from", table_name=TABLE)
    op.create_index("ix_story_versions_period", TABLE, PERIOD)
    for name, keys in ORDERS.items():
        unmerged = sa.text("state <> 'merged'")
        op.create_index(name, TABLE, [*keys, *PERIOD], postgresql_where=unmerged)
    for name, expression in WORDS.items():
        op.create_index(name, TABLE, [expression], postgresql_using="gin")
    has_storyline = sa.text("storyline_id IS NOT NULL")
    op.create_index(STORYLINE, TABLE, ["storyline_id", "valid_from"], postgresql_where=has_storyline)
    for name, expression in AHEAD.items():
        op.create_index(name, TABLE, [expression])


def downgrade() -> None:
    for name in (*AHEAD, STORYLINE, *WORDS, *ORDERS, "ix_story_versions_period"):
        op.drop_index(name, table_name=TABLE)
    op.create_index("ix_story_versions_valid_from", TABLE, ["valid_from"])
    op.create_index(
        "ix_story_versions_period",
        TABLE,
        [sa.text("tstzrange(valid_from, valid_until)")],
        postgresql_using="gist",
    )
    op.execute("DROP FUNCTION hours_of")
