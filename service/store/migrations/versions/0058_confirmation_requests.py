"""time of the latest confirmation email that the page /subscribe sent to a subscriber

`mail.confirmations_per_hour` limits these emails. Before this migration, the page counted the
pending subscribers. The limit starts at zero after the upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "subscribers", sa.Column("confirmation_requested_at", sa.DateTime(timezone=True))
    )


def downgrade() -> None:
    op.drop_column("subscribers", "confirmation_requested_at")
