"""transitions for hidden, shown and renamed stories

Clients may still show stories that are hidden already, so each gets a transition with the instant of
the decision.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BEFORE = "kind IN ('emerged', 'grew', 'shrank', 'merged', 'split', 'closed', 'reopened')"
NEW = "'renamed', 'hidden', 'shown'"
AFTER = BEFORE.replace(")", f", {NEW})")
HIDDEN = """
INSERT INTO transitions (story_id, kind, at, cause, article_ids, decision_id)
SELECT stories.id, 'hidden', decisions.made_at, 'editor', '{}', decisions.id
FROM constraints
JOIN decisions ON decisions.id = constraints.decision_id
JOIN stories ON stories.id = constraints.story_id
WHERE constraints.kind = 'hide' AND constraints.revoked_at IS NULL AND stories.hidden
ORDER BY decisions.id
"""


def upgrade() -> None:
    _constrain(AFTER)
    op.execute(HIDDEN)


def downgrade() -> None:
    op.execute(f"DELETE FROM transitions WHERE kind IN ({NEW})")
    _constrain(BEFORE)


def _constrain(condition: str) -> None:
    op.drop_constraint(op.f("ck_transitions_kind_known"), "transitions", type_="check")
    op.create_check_constraint(op.f("ck_transitions_kind_known"), "transitions", condition)
