"""unique names of keys; idempotent responses"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "uq_keys_name",
        "keys",
        [sa.text("lower(name)")],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "answers",
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["keys.id"], name=op.f("fk_answers_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key_id", "word", name=op.f("pk_answers")),
    )
    op.create_index("ix_answers_made_at", "answers", ["made_at"])


def downgrade() -> None:
    op.drop_table("answers")
    op.drop_index("uq_keys_name", table_name="keys")
