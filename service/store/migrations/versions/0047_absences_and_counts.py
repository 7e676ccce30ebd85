"""stored absences of stories; indexes for counts and past states of articles

A list of the stories that an outlet misses would otherwise compare each story with all similar ones.
The index `ix_articles_counts` contains all columns that counts read, so that they do not read the
rows of articles. `ix_articles_reports_ahead` bounds the report times of articles known at a time.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

COLUMNS = ("outlets", "families", "countries", "languages")


def upgrade() -> None:
    op.create_table(
        "story_absences",
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.Column("story_changed_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, ARRAY(sa.Text()), nullable=False) for name in COLUMNS),
        sa.PrimaryKeyConstraint("story_id", name="pk_story_absences"),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["stories.id"],
            name="fk_story_absences_story_id_stories",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_story_absences_outlets", "story_absences", ["outlets"], postgresql_using="gin"
    )
    op.create_index(
        "ix_articles_counts",
        "articles",
        ["reported_at", "id"],
        postgresql_include=["outlet_id", "language", "type", "corrected_type"],
    )
    op.create_index(
        "ix_articles_reports_ahead", "articles", [sa.text("(reported_at - first_seen)")]
    )


def downgrade() -> None:
    op.drop_index("ix_articles_reports_ahead", "articles")
    op.drop_index("ix_articles_counts", "articles")
    op.drop_table("story_absences")
