"""change counter for HTTP validators; indexes on names, keywords and speed of stories

The counter shows whether a cached response is still current. A transaction that writes public data
inserts one row into `store_touches`. Just before the commit, a deferred trigger deletes that row and
increments the counter. So the counter is the last row that a transaction locks, and other
transactions wait for it no longer than a commit takes.

Each increment gets a second of its own in `changed_at`, so that as an HTTP date it is as precise as
the number. When changes come faster than once a second, it runs ahead of the clock.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None

#: Tables with public data. Internal columns of articles, such as the stage, are not watched.
WATCHED = {
    "articles": "UPDATE OF url, outlet_id, title, text, author, language, published, claimed, "
    "date_flag, first_seen, reported_at, revision",
    "copies": "UPDATE",
    "decisions": "UPDATE",
    "families": "UPDATE",
    "memberships": "UPDATE",
    "outlets": "UPDATE",
    "stories": "UPDATE",
    "story_versions": "UPDATE",
    "storylines": "UPDATE",
    "transitions": "UPDATE",
}
TOUCH = """
CREATE FUNCTION touch_store() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO store_touches (transaction_id)
    VALUES (CAST(CAST(pg_current_xact_id() AS text) AS bigint))
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""
COUNT = """
CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM store_touches WHERE transaction_id = NEW.transaction_id;
    UPDATE store_state SET
        number = number + 1,
        changed_at = greatest(date_trunc('second', clock_timestamp()), changed_at)
                     + interval '1 second';
    RETURN NULL;
END $$
"""

#: `lock_key(apply_plan.LOCK)`, see `store.database.locks`.
STORIES_LOCK = 59028092501185915
ORDER = f"""
CREATE FUNCTION order_transitions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock({STORIES_LOCK});
    RETURN NULL;
END $$
"""
#: Functions for index expressions, so they are immutable. All ignore case.
FUNCTIONS = {
    "in_lower_case(words text[]) RETURNS text[]": (
        "SELECT coalesce(array_agg(lower(word)), '{}') FROM unnest(words) AS word"
    ),
    "story_names(details jsonb) RETURNS text[]": (
        "SELECT coalesce(array_agg(lower(entity ->> 'name')), '{}') "
        "FROM jsonb_path_query(details, '$.entities[*]') AS entity"
    ),
    "story_speed(details jsonb) RETURNS double precision": (
        "SELECT coalesce(CAST(details #>> '{pace,outlets_per_hour}' AS double precision), 0)"
    ),
}
NOT_MERGED = sa.text("state <> 'merged'")


def upgrade() -> None:
    _count_changes()
    # Ids are assigned under the lock, so they become visible in order.
    op.execute(ORDER)
    op.execute(
        "CREATE TRIGGER order_transitions BEFORE INSERT ON transitions "
        "FOR EACH STATEMENT EXECUTE FUNCTION order_transitions()"
    )
    for head, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {head} LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ {body} $$")
    op.create_index(
        "ix_stories_keywords",
        "stories",
        [sa.text("in_lower_case(keywords)")],
        postgresql_using="gin",
    )
    op.create_index(
        "ix_stories_names", "stories", [sa.text("story_names(details)")], postgresql_using="gin"
    )
    op.create_index(
        "ix_stories_fastest",
        "stories",
        [sa.text("story_speed(details)"), "last_reported_at", "id"],
        postgresql_where=NOT_MERGED,
    )


def _count_changes() -> None:
    op.create_table(
        "store_state",
        sa.Column("single", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_store_state_has_one_row")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_store_state")),
    )
    op.execute(
        "INSERT INTO store_state (number, changed_at) "
        "VALUES (1, date_trunc('second', clock_timestamp()))"
    )
    op.create_table(
        "store_touches",
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_store_touches")),
    )
    op.execute(TOUCH)
    op.execute(COUNT)
    op.execute(
        "CREATE CONSTRAINT TRIGGER count_change AFTER INSERT ON store_touches "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_change()"
    )
    for table, changing in WATCHED.items():
        op.execute(
            f"CREATE TRIGGER touch_store AFTER INSERT OR {changing} OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION touch_store()"
        )


def downgrade() -> None:
    op.execute("DROP TRIGGER order_transitions ON transitions")
    op.execute("DROP FUNCTION order_transitions()")
    for index in ("fastest", "names", "keywords"):
        op.drop_index(f"ix_stories_{index}", table_name="stories")
    for head in FUNCTIONS:
        op.execute(f"DROP FUNCTION {head.partition('(')[0]}")
    for table in WATCHED:
        op.execute(f"DROP TRIGGER touch_store ON {table}")
    op.drop_table("store_touches")
    op.drop_table("store_state")
    op.execute("DROP FUNCTION touch_store()")
    op.execute("DROP FUNCTION count_change()")
