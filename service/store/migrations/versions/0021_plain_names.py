"""plain names for tables, columns, constraints, triggers and stored values

Only names change, so every row is kept. Renamed keys of stored JSON are renamed in all rows. A check constraint or a partial index that names a renamed
value is created again. The bodies of trigger functions are text to Postgres, so those that name a
renamed table or column are replaced. `downgrade` restores all former names and values.
"""

import json
from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = {
    "answers": "idempotent_responses",
    "issues": "editions",
    "lexicons": "vocabularies",
    "secrets": "link_keys",
    "store_state": "change_counter",
    "store_touches": "pending_changes",
    "webhook_holds": "webhook_blocked_stories",
}
#: Tables (by their new names) whose ids come from a sequence that is named after the table.
NUMBERED = ("editions", "vocabularies")
#: Table (new name), former column, new column.
COLUMNS = (
    ("articles", "claimed", "claimed_date"),
    ("change_counter", "keys", "key_changes"),
    ("change_counter", "number", "value"),
    ("deliveries", "issue_id", "edition_id"),
    ("editions", "folded_into", "deferred_to"),
    ("editions", "made_at", "created_at"),
    ("editions", "reached", "independent_coverage"),
    ("gazetteers", "made_at", "created_at"),
    ("idempotent_responses", "made_at", "created_at"),
    ("idempotent_responses", "word", "idempotency_key"),
    ("keys", "used_at", "last_used_at"),
    ("link_keys", "made_at", "created_at"),
    ("outlets", "configured", "configured_values"),
    ("subscribers", "rhythm_since", "schedule_since"),
    ("subscribers", "stopped_because", "stop_reason"),
    ("vocabularies", "made_at", "created_at"),
    ("webhooks", "delivered_at", "last_delivered_at"),
    ("webhooks", "paused_because", "pause_reason"),
    ("webhooks", "told_transition_id", "last_delivered_id"),
)
#: Table (new name), former constraint, new constraint.
CONSTRAINTS = (
    ("change_counter", "ck_store_state_has_one_row", "ck_change_counter_has_one_row"),
    ("change_counter", "pk_store_state", "pk_change_counter"),
    ("constraints", "ck_constraints_kind_known", "ck_constraints_kind_valid"),
    (
        "decisions",
        "ck_decisions_whoever_undid_is_known",
        "ck_decisions_undone_by_and_at_set_together",
    ),
    ("decisions", "ck_decisions_action_known", "ck_decisions_action_valid"),
    ("deliveries", "ck_deliveries_state_known", "ck_deliveries_state_valid"),
    ("deliveries", "fk_deliveries_issue_id", "fk_deliveries_edition_id"),
    ("deliveries", "uq_deliveries_issue_id_attempt", "uq_deliveries_edition_id_attempt"),
    ("articles", "ck_articles_date_flag_known", "ck_articles_date_flag_valid"),
    ("articles", "ck_articles_stage_known", "ck_articles_stage_valid"),
    ("editions", "fk_issues_folded_into", "fk_editions_deferred_to"),
    ("editions", "fk_issues_subscriber_id", "fk_editions_subscriber_id"),
    ("editions", "pk_issues", "pk_editions"),
    ("feeds", "ck_feeds_status_known", "ck_feeds_status_valid"),
    ("fetches", "ck_fetches_outcome_known", "ck_fetches_outcome_valid"),
    ("idempotent_responses", "fk_answers_key_id", "fk_idempotent_responses_key_id"),
    ("idempotent_responses", "pk_answers", "pk_idempotent_responses"),
    ("link_keys", "pk_secrets", "pk_link_keys"),
    (
        "outlets",
        "ck_outlets_edits_know_the_configured",
        "ck_outlets_edited_at_and_configured_values_set_together",
    ),
    ("pending_changes", "pk_store_touches", "pk_pending_changes"),
    ("runs", "ck_runs_outcome_known", "ck_runs_outcome_valid"),
    ("stories", "ck_stories_state_known", "ck_stories_state_valid"),
    ("subscribers", "ck_subscribers_state_known", "ck_subscribers_state_valid"),
    ("transitions", "ck_transitions_cause_known", "ck_transitions_cause_valid"),
    ("transitions", "ck_transitions_kind_known", "ck_transitions_kind_valid"),
    ("vocabularies", "pk_lexicons", "pk_vocabularies"),
    (
        "webhook_blocked_stories",
        "fk_webhook_holds_story_id",
        "fk_webhook_blocked_stories_story_id",
    ),
    (
        "webhook_blocked_stories",
        "fk_webhook_holds_webhook_id",
        "fk_webhook_blocked_stories_webhook_id",
    ),
    ("webhook_blocked_stories", "pk_webhook_holds", "pk_webhook_blocked_stories"),
    ("webhooks", "ck_webhooks_state_known", "ck_webhooks_state_valid"),
)
INDEXES = (
    ("ix_answers_made_at", "ix_idempotent_responses_created_at"),
    ("ix_decisions_standing", "ix_decisions_active"),
    ("ix_issues_folded_into", "ix_editions_deferred_to"),
    ("ix_issues_made_at", "ix_editions_created_at"),
    ("ix_issues_subscriber_id_made_at", "ix_editions_subscriber_id_created_at"),
    ("ix_issues_waiting", "ix_editions_waiting"),
    ("uq_issues_subscriber_id_local_date", "uq_editions_subscriber_id_local_date"),
    (
        "ix_webhook_holds_webhook_id_next_attempt_at",
        "ix_webhook_blocked_stories_webhook_id_next_attempt_at",
    ),
)

#: Former function, new function; a trigger has the name of the function that it runs.
FUNCTIONS = (("touch_store", "record_change"), ("count_keys", "count_key_change"))
#: Tables (by their new names) with a trigger that records changes, as migration 0006 created them.
RECORDED = (
    *("articles", "copies", "decisions", "families", "memberships", "outlets", "stories"),
    *("story_versions", "storylines", "transitions"),
)
RECORD = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {pending} (transaction_id)
    VALUES (CAST(CAST(pg_current_xact_id() AS text) AS bigint))
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""
COUNT = """
CREATE OR REPLACE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM {pending} WHERE transaction_id = NEW.transaction_id;
    UPDATE {counter} SET
        {value} = {value} + 1,
        changed_at = greatest(date_trunc('second', clock_timestamp()), changed_at)
                     + interval '1 second';
    RETURN NULL;
END $$
"""
COUNT_KEY = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE {counter} SET {changes} = {changes} + 1;
    RETURN NULL;
END $$
"""

#: Former and new names of the sections in the stored content of a digest.
SECTIONS = {"moved_on": "updates", "few": "low_coverage", "firsts": "first_reports"}
QUOTES = """
UPDATE {table} SET details = jsonb_set(details, '{{summary}}', (
    SELECT jsonb_agg(quote - '{old}' || jsonb_build_object('{new}', quote->'{old}') ORDER BY place)
    FROM jsonb_array_elements(details->'summary') WITH ORDINALITY AS quotes (quote, place)
))
WHERE jsonb_path_exists(details, '$.summary[*].{old}')
"""
#: Former and new names of the pair features in the stored evidence of memberships.
FEATURES = {
    "abroad": "cross_language_dense",
    "chance": "date_prior",
    "faint": "body_sqrt",
    "foreign": "cross_language",
    "shift": "prior_shift",
}
EVIDENCE = """
UPDATE memberships SET evidence = jsonb_set(evidence, '{{nearest}}', (
    SELECT jsonb_agg(
        CASE WHEN jsonb_typeof(near->'{old}') = 'object'
        THEN near - '{old}' || jsonb_build_object('{new}', (
            SELECT coalesce(jsonb_object_agg(coalesce(names->>feature, feature), value), '{{}}')
            FROM jsonb_each(near->'{old}') AS contributions (feature, value)
        ))
        ELSE near END
        ORDER BY place
    )
    FROM jsonb_array_elements(evidence->'nearest') WITH ORDINALITY AS neighbours (near, place),
         CAST('{names}' AS jsonb) AS names
))
WHERE jsonb_typeof(evidence->'nearest') = 'array'
  AND jsonb_path_exists(evidence, '$.nearest[*].{old}')
"""
STATES = ("waiting", "sent", "empty", "refused", "expired")


def upgrade() -> None:
    op.drop_constraint(op.f("ck_issues_kind_known"), "issues", type_="check")
    op.drop_constraint(op.f("ck_issues_state_known"), "issues", type_="check")
    op.drop_index("uq_issues_notice", table_name="issues")
    for old, new in TABLES.items():
        op.rename_table(old, new)
    former = {new: old for old, new in TABLES.items()}
    for table in NUMBERED:
        op.execute(f"ALTER SEQUENCE {former[table]}_id_seq RENAME TO {table}_id_seq")
    for table, old, new in COLUMNS:
        op.alter_column(table, old, new_column_name=new)
    for table, old, new in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    op.execute("UPDATE editions SET kind = 'alert' WHERE kind = 'notice'")
    op.execute("UPDATE editions SET state = 'deferred' WHERE state = 'folded'")
    for old, new in SECTIONS.items():
        _rename_content_key("editions", old, new)
    _check("editions", "ck_editions_kind_valid", "kind", ("digest", "alert"))
    _check("editions", "ck_editions_state_valid", "state", (*STATES, "deferred"))
    op.create_index(
        "uq_editions_alert",
        "editions",
        ["subscriber_id", "story_id", "independent_coverage"],
        unique=True,
        postgresql_where=sa.text("kind = 'alert'"),
    )
    for old, new in FUNCTIONS:
        _rename_function(old, new)
    op.execute(RECORD.format(function="record_change", pending="pending_changes"))
    op.execute(COUNT.format(pending="pending_changes", counter="change_counter", value="value"))
    op.execute(
        COUNT_KEY.format(
            function="count_key_change", counter="change_counter", changes="key_changes"
        )
    )
    _rename_quote_key("whole", "complete")
    _rename_evidence("shares", "contributions", FEATURES)
    _run_deferred_triggers()


def downgrade() -> None:
    op.drop_index("uq_editions_alert", table_name="editions")
    op.drop_constraint(op.f("ck_editions_state_valid"), "editions", type_="check")
    op.drop_constraint(op.f("ck_editions_kind_valid"), "editions", type_="check")
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {new} RENAME TO {old}")
    for table, old, new in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {new} TO {old}")
    for table, old, new in COLUMNS:
        op.alter_column(table, new, new_column_name=old)
    former = {new: old for old, new in TABLES.items()}
    for table in NUMBERED:
        op.execute(f"ALTER SEQUENCE {table}_id_seq RENAME TO {former[table]}_id_seq")
    for old, new in TABLES.items():
        op.rename_table(new, old)
    op.execute("UPDATE issues SET kind = 'notice' WHERE kind = 'alert'")
    op.execute("UPDATE issues SET state = 'folded' WHERE state = 'deferred'")
    for old, new in SECTIONS.items():
        _rename_content_key("issues", new, old)
    _check("issues", "ck_issues_kind_known", "kind", ("digest", "notice"))
    _check("issues", "ck_issues_state_known", "state", (*STATES, "folded"))
    op.create_index(
        "uq_issues_notice",
        "issues",
        ["subscriber_id", "story_id", "reached"],
        unique=True,
        postgresql_where=sa.text("kind = 'notice'"),
    )
    for old, new in FUNCTIONS:
        _rename_function(new, old)
    op.execute(RECORD.format(function="touch_store", pending="store_touches"))
    op.execute(COUNT.format(pending="store_touches", counter="store_state", value="number"))
    op.execute(COUNT_KEY.format(function="count_keys", counter="store_state", changes="keys"))
    _rename_quote_key("complete", "whole")
    _rename_evidence("contributions", "shares", {new: old for old, new in FEATURES.items()})
    _run_deferred_triggers()


def _check(table: str, name: str, column: str, values: Iterable[str]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f(name), table, f"{column} IN ({listed})")


def _rename_content_key(table: str, old: str, new: str) -> None:
    op.execute(
        f"UPDATE {table} SET content = content - '{old}' || "
        f"jsonb_build_object('{new}', content->'{old}') "
        f"WHERE kind = 'digest' AND content->'{old}' IS NOT NULL"
    )


def _rename_quote_key(old: str, new: str) -> None:
    """Rename a key of the quotes in the stored summaries of present and past stories."""
    for table in ("stories", "story_versions"):
        op.execute(QUOTES.format(table=table, old=old, new=new))


def _rename_evidence(old: str, new: str, features: Mapping[str, str]) -> None:
    """Rename the contributions in the stored evidence, and the features in them."""
    op.execute(EVIDENCE.format(old=old, new=new, names=json.dumps(features)))


def _run_deferred_triggers() -> None:
    """Run pending triggers now: a later migration cannot alter a table that has some."""
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.execute("SET CONSTRAINTS ALL DEFERRED")


def _rename_function(old: str, new: str) -> None:
    op.execute(f"ALTER FUNCTION {old}() RENAME TO {new}")
    for table in ("keys",) if "key" in old else RECORDED:
        op.execute(f"ALTER TRIGGER {old} ON {table} RENAME TO {new}")
