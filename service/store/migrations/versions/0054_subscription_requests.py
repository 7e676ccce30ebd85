"""number of the latest request of a subscription

A confirmation link belongs to one request; links of earlier requests confirm nothing. Links that
were sent before this migration belong to request 1.
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "subscribers",
        sa.Column("request_number", sa.Integer(), server_default=sa.text("1"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("subscribers", "request_number")
