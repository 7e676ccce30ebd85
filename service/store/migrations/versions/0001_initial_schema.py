"""initial tables"""

import pgvector.sqlalchemy
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("article_numbers")))
    op.create_table(
        "article_urls",
        sa.Column("url_hash", sa.LargeBinary(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("url_hash", name=op.f("pk_article_urls")),
    )
    op.create_table(
        "families",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_families")),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_keys_hash")),
    )
    op.create_table(
        "lexicons",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lexicons")),
    )
    op.create_table(
        "models",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("dimensions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("tag", name=op.f("uq_models_tag")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('running', 'done', 'failed')", name=op.f("ck_runs_outcome_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_job_id", "runs", ["job", "id"], unique=False)
    op.create_table(
        "storylines",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storylines")),
    )
    op.create_table(
        "subscribers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("hour", sa.SmallInteger(), server_default=sa.text("7"), nullable=False),
        sa.Column(
            "days",
            postgresql.ARRAY(sa.SmallInteger()),
            server_default=sa.text("'{1,2,3,4,5,6,7}'"),
            nullable=False,
        ),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column(
            "preferences",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'active', 'stopped', 'bounced')",
            name=op.f("ck_subscribers_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
    )
    op.create_index(
        "uq_subscribers_address", "subscribers", [sa.literal_column("lower(address)")], unique=True
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column(
            "told_transition_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'paused', 'failed')", name=op.f("ck_webhooks_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "issues",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_issues_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
        sa.UniqueConstraint(
            "subscriber_id", "local_date", name=op.f("uq_issues_subscriber_id_local_date")
        ),
    )
    op.create_table(
        "outlets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("agency", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "sites", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(["family"], ["families.slug"], name=op.f("fk_outlets_family")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlets")),
        sa.UniqueConstraint("slug", name=op.f("uq_outlets_slug")),
    )
    op.create_index(op.f("ix_outlets_family"), "outlets", ["family"], unique=False)
    op.create_table(
        "stories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("split_from", sa.Text(), nullable=True),
        sa.Column("storyline_id", sa.Text(), nullable=True),
        sa.Column("emerged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("described_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("headline", sa.Text(), server_default="", nullable=False),
        sa.Column("headline_article_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "keywords", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("first_reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("articles", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("coverage", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("independent", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rank", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "(state = 'merged') = (merged_into IS NOT NULL)",
            name=op.f("ck_stories_merged_has_survivor"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'closed', 'merged')", name=op.f("ck_stories_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["stories.id"], name=op.f("fk_stories_merged_into")
        ),
        sa.ForeignKeyConstraint(["split_from"], ["stories.id"], name=op.f("fk_stories_split_from")),
        sa.ForeignKeyConstraint(
            ["storyline_id"], ["storylines.id"], name=op.f("fk_stories_storyline_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
    )
    op.create_index(op.f("ix_stories_changed_at"), "stories", ["changed_at"], unique=False)
    op.create_index(
        "ix_stories_largest",
        "stories",
        ["independent", "coverage", "last_reported_at", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'merged'"),
    )
    op.create_index(
        "ix_stories_last_reported_at",
        "stories",
        ["last_reported_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'merged'"),
    )
    op.create_index(op.f("ix_stories_merged_into"), "stories", ["merged_into"], unique=False)
    op.create_index(
        "ix_stories_rank",
        "stories",
        ["rank", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'merged'"),
    )
    op.create_index(op.f("ix_stories_split_from"), "stories", ["split_from"], unique=False)
    op.create_index(op.f("ix_stories_storyline_id"), "stories", ["storyline_id"], unique=False)
    op.create_index(
        "ix_stories_undescribed",
        "stories",
        ["changed_at"],
        unique=False,
        postgresql_where=sa.text("described_at IS NULL OR described_at < changed_at"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("smtp_code", sa.SmallInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('sending', 'sent', 'deferred', 'refused')",
            name=op.f("ck_deliveries_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_deliveries_issue_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("issue_id", "attempt", name=op.f("uq_deliveries_issue_id_attempt")),
    )
    op.create_table(
        "feeds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("outlet_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("site_url", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("next_fetch_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error_kind", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('active', 'paused', 'retired')", name=op.f("ck_feeds_status_known")
        ),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlets.id"], name=op.f("fk_feeds_outlet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("url", name=op.f("uq_feeds_url")),
    )
    op.create_index(
        "ix_feeds_due",
        "feeds",
        ["next_fetch_at"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index(op.f("ix_feeds_outlet_id"), "feeds", ["outlet_id"], unique=False)
    op.create_table(
        "transitions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("other_story_id", sa.Text(), nullable=True),
        sa.Column("article_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "cause IN ('place', 'reconcile', 'editor', 'age')",
            name=op.f("ck_transitions_cause_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('emerged', 'grew', 'shrank', 'merged', 'split', 'closed', 'reopened')",
            name=op.f("ck_transitions_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["other_story_id"], ["stories.id"], name=op.f("fk_transitions_other_story_id")
        ),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_transitions_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transitions")),
    )
    op.create_index("ix_transitions_at", "transitions", ["at"], unique=False)
    op.create_index("ix_transitions_story_id_id", "transitions", ["story_id", "id"], unique=False)
    op.create_table(
        "articles",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("feed_id", sa.BigInteger(), nullable=False),
        sa.Column("outlet_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("date_flag", sa.Text(), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), server_default="admitted", nullable=False),
        sa.Column(
            "word_keys",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "date_flag IN ('ok', 'missing', 'future', 'ancient', 'unparsable')",
            name=op.f("ck_articles_date_flag_known"),
        ),
        sa.CheckConstraint(
            "stage IN ('admitted', 'placed', 'reconciled')", name=op.f("ck_articles_stage_known")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_articles_feed_id")),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlets.id"], name=op.f("fk_articles_outlet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
    )
    op.create_index(
        "ix_articles_admitted",
        "articles",
        ["id"],
        unique=False,
        postgresql_where=sa.text("stage = 'admitted'"),
    )
    op.create_index("ix_articles_feed_id_id", "articles", ["feed_id", "id"], unique=False)
    op.create_index(
        "ix_articles_outlet_id_reported_at", "articles", ["outlet_id", "reported_at"], unique=False
    )
    op.create_index(
        "ix_articles_placed",
        "articles",
        ["id"],
        unique=False,
        postgresql_where=sa.text("stage = 'placed'"),
    )
    op.create_index("ix_articles_reported_at", "articles", ["reported_at"], unique=False)
    op.create_index(
        "ix_articles_word_keys", "articles", ["word_keys"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "fetches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("feed_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("elapsed", sa.Double(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("admitted", sa.Integer(), nullable=False),
        sa.Column("revised", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("error_kind", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("warnings", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('ok', 'not_modified', 'failed')", name=op.f("ck_fetches_outcome_known")
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_fetches_feed_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetches")),
    )
    op.create_index("ix_fetches_at", "fetches", ["at"], unique=False)
    op.create_index("ix_fetches_feed_id_at", "fetches", ["feed_id", "at"], unique=False)
    op.create_table(
        "constraints",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("story_id", sa.Text(), nullable=True),
        sa.Column("article_id", sa.BigInteger(), nullable=True),
        sa.Column("other_article_id", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('must_link', 'cannot_link', 'pin', 'hide', 'rename', 'lock')",
            name=op.f("ck_constraints_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_constraints_article_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_article_id"], ["articles.id"], name=op.f("fk_constraints_other_article_id")
        ),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_constraints_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_constraints")),
    )
    op.create_index(
        "ix_constraints_active",
        "constraints",
        ["kind"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_index(op.f("ix_constraints_article_id"), "constraints", ["article_id"], unique=False)
    op.create_index(
        op.f("ix_constraints_other_article_id"), "constraints", ["other_article_id"], unique=False
    )
    op.create_index(op.f("ix_constraints_story_id"), "constraints", ["story_id"], unique=False)
    op.create_table(
        "copies",
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("original_id", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_copies_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["original_id"], ["articles.id"], name=op.f("fk_copies_original_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_copies")),
    )
    op.create_index(op.f("ix_copies_original_id"), "copies", ["original_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from",
            name=op.f("ck_memberships_ends_after_start"),
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_memberships_article_id")
        ),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_memberships_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
    )
    op.create_index("ix_memberships_article_id", "memberships", ["article_id"], unique=False)
    op.create_index(
        "ix_memberships_story_id_valid_from",
        "memberships",
        ["story_id", "valid_from"],
        unique=False,
    )
    op.create_index(
        "uq_memberships_open",
        "memberships",
        ["article_id"],
        unique=True,
        postgresql_where=sa.text("valid_until IS NULL"),
    )
    op.create_table(
        "revisions",
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_revisions_article_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "number", name=op.f("pk_revisions")),
    )
    op.create_table(
        "vectors",
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("model_id", sa.SmallInteger(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("vector", pgvector.sqlalchemy.halfvec.HALFVEC(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_vectors_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_vectors_model_id")),
        sa.PrimaryKeyConstraint("article_id", "model_id", name=op.f("pk_vectors")),
    )


def downgrade() -> None:
    op.execute(sa.schema.DropSequence(sa.Sequence("article_numbers")))
    op.drop_table("vectors")
    op.drop_table("revisions")
    op.drop_index(
        "uq_memberships_open",
        table_name="memberships",
        postgresql_where=sa.text("valid_until IS NULL"),
    )
    op.drop_index("ix_memberships_story_id_valid_from", table_name="memberships")
    op.drop_index("ix_memberships_article_id", table_name="memberships")
    op.drop_table("memberships")
    op.drop_index(op.f("ix_copies_original_id"), table_name="copies")
    op.drop_table("copies")
    op.drop_index(op.f("ix_constraints_story_id"), table_name="constraints")
    op.drop_index(op.f("ix_constraints_other_article_id"), table_name="constraints")
    op.drop_index(op.f("ix_constraints_article_id"), table_name="constraints")
    op.drop_index(
        "ix_constraints_active",
        table_name="constraints",
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.drop_table("constraints")
    op.drop_index("ix_fetches_feed_id_at", table_name="fetches")
    op.drop_index("ix_fetches_at", table_name="fetches")
    op.drop_table("fetches")
    op.drop_index("ix_articles_word_keys", table_name="articles", postgresql_using="gin")
    op.drop_index("ix_articles_reported_at", table_name="articles")
    op.drop_index(
        "ix_articles_placed", table_name="articles", postgresql_where=sa.text("stage = 'placed'")
    )
    op.drop_index("ix_articles_outlet_id_reported_at", table_name="articles")
    op.drop_index("ix_articles_feed_id_id", table_name="articles")
    op.drop_index(
        "ix_articles_admitted",
        table_name="articles",
        postgresql_where=sa.text("stage = 'admitted'"),
    )
    op.drop_table("articles")
    op.drop_index("ix_transitions_story_id_id", table_name="transitions")
    op.drop_index("ix_transitions_at", table_name="transitions")
    op.drop_table("transitions")
    op.drop_index(op.f("ix_feeds_outlet_id"), table_name="feeds")
    op.drop_index("ix_feeds_due", table_name="feeds", postgresql_where=sa.text("status = 'active'"))
    op.drop_table("feeds")
    op.drop_table("deliveries")
    op.drop_index(
        "ix_stories_undescribed",
        table_name="stories",
        postgresql_where=sa.text("described_at IS NULL OR described_at < changed_at"),
    )
    op.drop_index(op.f("ix_stories_storyline_id"), table_name="stories")
    op.drop_index(op.f("ix_stories_split_from"), table_name="stories")
    op.drop_index(
        "ix_stories_rank", table_name="stories", postgresql_where=sa.text("state <> 'merged'")
    )
    op.drop_index(op.f("ix_stories_merged_into"), table_name="stories")
    op.drop_index(
        "ix_stories_last_reported_at",
        table_name="stories",
        postgresql_where=sa.text("state <> 'merged'"),
    )
    op.drop_index(
        "ix_stories_largest", table_name="stories", postgresql_where=sa.text("state <> 'merged'")
    )
    op.drop_index(op.f("ix_stories_changed_at"), table_name="stories")
    op.drop_table("stories")
    op.drop_index(op.f("ix_outlets_family"), table_name="outlets")
    op.drop_table("outlets")
    op.drop_table("issues")
    op.drop_table("webhooks")
    op.drop_index("uq_subscribers_address", table_name="subscribers")
    op.drop_table("subscribers")
    op.drop_table("storylines")
    op.drop_index("ix_runs_job_id", table_name="runs")
    op.drop_table("runs")
    op.drop_table("models")
    op.drop_table("lexicons")
    op.drop_table("keys")
    op.drop_table("families")
    op.drop_table("article_urls")
