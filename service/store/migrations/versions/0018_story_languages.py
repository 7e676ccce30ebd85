"""languages of stories, with an index

Computed for all stories from their members, and for versions from the members in their period, by the
current languages of articles and outlets. Versions that 0002 reconstructed are split where members
change, since a version has one set of languages.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = ("stories", "story_versions")
#: Memberships with the article's language, else its outlet's.
STAYS = """
    SELECT memberships.story_id, memberships.valid_from,
           coalesce(memberships.valid_until, 'infinity') AS until,
           lower(split_part(coalesce(articles.language, outlets.language), '-', 1)) AS code
    FROM memberships
    JOIN articles ON articles.id = memberships.article_id
    JOIN outlets ON outlets.id = articles.outlet_id
    WHERE coalesce(articles.language, outlets.language) IS NOT NULL
"""
PRESENT = f"""
UPDATE stories SET languages = spoken.codes
FROM (
    SELECT story_id, array_agg(DISTINCT code ORDER BY code) AS codes FROM ({STAYS}) AS stays
    WHERE until = 'infinity' GROUP BY story_id
) AS spoken
WHERE spoken.story_id = stories.id
"""
OPEN = """
UPDATE story_versions SET languages = stories.languages
FROM stories WHERE stories.id = story_versions.id AND story_versions.valid_until IS NULL
"""
CUTS = """
CREATE TEMPORARY TABLE cuts AS
SELECT DISTINCT versions.id, versions.valid_from, stays.at
FROM story_versions AS versions
JOIN (SELECT story_id, valid_from AS at FROM memberships
      UNION SELECT story_id, valid_until FROM memberships) AS stays ON stays.story_id = versions.id
WHERE stays.at > versions.valid_from AND stays.at < versions.valid_until
"""
PARTS = """
INSERT INTO story_versions
SELECT (jsonb_populate_record(versions, jsonb_build_object(
    'valid_from', cuts.at,
    'valid_until', lead(cuts.at, 1, versions.valid_until)
                       OVER (PARTITION BY versions.id, versions.valid_from ORDER BY cuts.at)
))).*
FROM story_versions AS versions JOIN cuts USING (id, valid_from)
"""
REST = """
UPDATE story_versions SET valid_until = first.at
FROM (SELECT id, valid_from, min(at) AS at FROM cuts GROUP BY id, valid_from) AS first
WHERE first.id = story_versions.id AND first.valid_from = story_versions.valid_from
"""
PAST = f"""
UPDATE story_versions SET languages = spoken.codes
FROM (
    SELECT versions.id, versions.valid_from, array_agg(DISTINCT code ORDER BY code) AS codes
    FROM story_versions AS versions JOIN ({STAYS}) AS stays ON stays.story_id = versions.id
    WHERE stays.valid_from < versions.valid_until AND stays.until > versions.valid_from
    GROUP BY versions.id, versions.valid_from
) AS spoken
WHERE spoken.id = story_versions.id AND spoken.valid_from = story_versions.valid_from
"""


def upgrade() -> None:
    for table in TABLES:
        codes: sa.Column[list[str]] = sa.Column(
            "languages", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        )
        op.add_column(table, codes)
    for statement in (PRESENT, OPEN, CUTS, PARTS, REST, "DROP TABLE cuts", PAST):
        op.execute(statement)
    for table in TABLES:
        op.create_index(f"ix_{table}_languages", table, ["languages"], postgresql_using="gin")


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_languages", table_name=table)
        op.drop_column(table, "languages")
