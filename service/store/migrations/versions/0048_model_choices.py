"""choices of the embedding model, with the time of the switch to each

The row with the latest `switched_at` is in use. The row with the highest id is the one that the
settings name. Until they are the same row, the job `reembed` encodes the articles again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_choices",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("choice", JSONB(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("switched_at", sa.DateTime(timezone=True)),
        sa.Column("model_id", sa.SmallInteger(), sa.ForeignKey("models.id")),
        sa.CheckConstraint("switched_at IS NULL OR model_id IS NOT NULL", name="has_model"),
    )
    op.execute(
        "CREATE TRIGGER record_change AFTER INSERT OR UPDATE ON model_choices "
        "FOR EACH STATEMENT EXECUTE FUNCTION record_change()"
    )


def downgrade() -> None:
    op.drop_table("model_choices")
