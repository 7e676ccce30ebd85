"""count changes of API keys, so that every process notices a revoked key immediately

This counter is independent of the one of public data, because a new key does not invalidate cached
responses. The use of a key is not a change. A deferred trigger counts just before the commit (0006).
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COUNT = """
CREATE FUNCTION count_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE store_state SET keys = keys + 1;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.add_column(
        "store_state", sa.Column("keys", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.execute(COUNT)
    op.execute(
        "CREATE CONSTRAINT TRIGGER count_keys "
        "AFTER INSERT OR UPDATE OF hash, roles, expires_at, revoked_at OR DELETE ON keys "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_keys()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER count_keys ON keys")
    op.execute("DROP FUNCTION count_keys()")
    op.drop_column("store_state", "keys")
