"""folders, categories and overrides of feeds"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

LISTS = ("folders", "categories")
TEXTS = ("charset", "fetch_url", "user_agent")


def upgrade() -> None:
    for name in LISTS:
        op.add_column(
            "feeds",
            sa.Column(
                name,
                postgresql.ARRAY(sa.Text()),
                server_default=sa.text("'{}'"),
                nullable=False,
            ),
        )
    for name in TEXTS:
        op.add_column("feeds", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("feeds", sa.Column("interval_minutes", sa.Float(), nullable=True))
    op.create_check_constraint(
        op.f("ck_feeds_interval_minutes_positive"), "feeds", "interval_minutes > 0"
    )


def downgrade() -> None:
    for name in ("interval_minutes", *TEXTS, *LISTS):
        op.drop_column("feeds", name)
