"""fix the name of a check constraint: 0012 added its prefix twice"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_RENAME = "ALTER TABLE copies RENAME CONSTRAINT {} TO {}"
_WRONG, _RIGHT = "ck_copies_ck_copies_ends_after_start", "ck_copies_ends_after_start"


def upgrade() -> None:
    op.execute(_RENAME.format(_WRONG, _RIGHT))


def downgrade() -> None:
    op.execute(_RENAME.format(_RIGHT, _WRONG))
