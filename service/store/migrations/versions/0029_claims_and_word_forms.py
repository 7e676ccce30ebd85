"""claims of deliveries and webhooks

A claim of an earlier version has no owner, so it is free. Of several open attempts of one edition
only the last one stays open.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("state IN ('sending', 'ending')")


def upgrade() -> None:
    for table in ("deliveries", "webhooks"):
        op.add_column(table, sa.Column("owner", sa.Text(), nullable=True))
        op.add_column(
            table, sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True)
        )
    op.execute(
        "UPDATE deliveries SET state = 'doubtful' WHERE state IN ('sending', 'ending') "
        "AND EXISTS (SELECT FROM deliveries AS later WHERE later.edition_id = deliveries.edition_id "
        "AND later.attempt > deliveries.attempt)"
    )
    op.drop_index("ix_deliveries_open", table_name="deliveries")
    op.create_index(
        "uq_deliveries_open", "deliveries", ["edition_id"], unique=True, postgresql_where=IS_OPEN
    )


def downgrade() -> None:
    op.drop_index("uq_deliveries_open", table_name="deliveries")
    op.create_index("ix_deliveries_open", "deliveries", ["id"], postgresql_where=IS_OPEN)
    for table in ("deliveries", "webhooks"):
        op.drop_column(table, "claimed_until")
        op.drop_column(table, "owner")
