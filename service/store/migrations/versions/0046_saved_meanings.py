"""vectors of the meanings of saved queries

Webhooks and alerts compare them with the vectors of reports. The job `embed` computes them.
"""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import HALFVEC

revision = "0046"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "saved_queries",
        sa.Column("meaning_model", sa.SmallInteger(), sa.ForeignKey("models.id"), nullable=True),
    )
    op.add_column("saved_queries", sa.Column("meaning_vector", HALFVEC(), nullable=True))


def downgrade() -> None:
    op.drop_column("saved_queries", "meaning_vector")
    op.drop_column("saved_queries", "meaning_model")
