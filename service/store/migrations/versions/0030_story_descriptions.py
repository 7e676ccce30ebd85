"""originals in the story of their copies, and new descriptions of all open stories

Ends the copies whose original is in another story, and requests descriptions with the new rules of
headlines, summaries, keywords and coverage. Closed stories keep theirs until they change.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        UPDATE copies SET valid_until = greatest(now(), valid_from + interval '1 microsecond')
        WHERE valid_until IS NULL AND NOT EXISTS (
            SELECT FROM memberships AS member
            JOIN memberships AS origin USING (story_id)
            WHERE member.article_id = copies.article_id AND member.valid_until IS NULL
                AND origin.article_id = copies.original_id AND origin.valid_until IS NULL
        )
        """
    )
    op.execute("UPDATE stories SET described_at = NULL WHERE state = 'open'")


def downgrade() -> None:
    op.execute("UPDATE stories SET described_at = NULL WHERE state = 'open'")
