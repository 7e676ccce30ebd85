"""full-text search of articles and stories

A trigger maintains `article_documents`, a table with the search document of each article. Jobs
update `articles` several times per article, and a text index on that table would be updated as
often.

A document contains words as written and, if Postgres 15 has a stemmer for the article's language,
their stems. Titles have the highest weight, then leads, then the first ten thousand characters of
bodies.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

#: The stemmers of Postgres 15 by ISO 639-1.
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch",
    "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
CASES = " ".join(
    f"WHEN '{code}' THEN 'pg_catalog.{name}'::regconfig" for code, name in STEMMERS.items()
)
STEMMER = f"""
CREATE FUNCTION stemmer_of(language text) RETURNS regconfig
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE language {CASES} END $$
"""
PARTS = (
    "setweight(to_tsvector({0}, title), 'A') || setweight(to_tsvector({0}, lead), 'B') "
    "|| setweight(to_tsvector({0}, left(body, 10000)), 'C')"
)
SIMPLE = "'pg_catalog.simple'::regconfig"
DOCUMENT = f"""
CREATE FUNCTION article_document(language text, title text, lead text, body text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE stemmer regconfig := stemmer_of(language);
BEGIN
    IF stemmer IS NULL THEN
        RETURN {PARTS.format(SIMPLE)};
    END IF;
    RETURN {PARTS.format(SIMPLE)} || {PARTS.format("stemmer")};
END $$
"""
STORY_DOCUMENT = f"""
CREATE FUNCTION story_document(headline text, keywords text[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE listed text := array_to_string(keywords, ' ; ');
BEGIN
    RETURN setweight(to_tsvector({SIMPLE}, headline), 'A')
        || setweight(to_tsvector({SIMPLE}, listed), 'B')
        || setweight(to_tsvector('pg_catalog.english'::regconfig, headline), 'A')
        || setweight(to_tsvector('pg_catalog.english'::regconfig, listed), 'B');
END $$
"""
#: The row of an article; the language is the article's, else its outlet's, without region.
ROW = """
    SELECT {0}.id, {0}.reported_at, {0}.outlet_id, spoken.language,
           article_document(spoken.language, {0}.title, {0}.text, {0}.body)
"""
SPOKEN = """
    LATERAL (SELECT lower(split_part(coalesce({0}.language, outlets.language, ''), '-', 1))
             AS language FROM outlets WHERE outlets.id = {0}.outlet_id) AS spoken
"""
COLUMNS = "(article_id, reported_at, outlet_id, language, document)"
WRITE = f"""
CREATE FUNCTION write_article_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO article_documents {COLUMNS} {ROW.format("NEW")} FROM {SPOKEN.format("NEW")}
    ON CONFLICT (article_id) DO UPDATE SET
        reported_at = excluded.reported_at, outlet_id = excluded.outlet_id,
        language = excluded.language, document = excluded.document;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    for function in (STEMMER, DOCUMENT, STORY_DOCUMENT, WRITE):
        op.execute(function)
    op.create_table(
        "article_documents",
        sa.Column("article_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outlet_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("document", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_documents_article_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_documents")),
    )
    op.execute(
        f"INSERT INTO article_documents {COLUMNS} {ROW.format('articles')} "
        f"FROM articles, {SPOKEN.format('articles')}"
    )
    op.create_index(
        "ix_article_documents_document", "article_documents", ["document"], postgresql_using="gin"
    )
    op.create_index(
        "ix_article_documents_reported_at", "article_documents", ["reported_at", "article_id"]
    )
    op.execute(
        "CREATE TRIGGER write_article_document AFTER INSERT OR UPDATE OF "
        "title, text, body, language, reported_at, outlet_id ON articles "
        "FOR EACH ROW EXECUTE FUNCTION write_article_document()"
    )
    op.create_index(
        "ix_stories_document",
        "stories",
        [sa.text("story_document(headline, keywords)")],
        postgresql_using="gin",
    )
    # Few stories are hidden; search results are compared with them.
    op.create_index(
        "ix_stories_hidden", "stories", ["id"], postgresql_where=sa.text("hidden")
    )
    # For past parts of a split story.
    op.create_index(
        "ix_story_versions_split_from",
        "story_versions",
        ["split_from"],
        postgresql_where=sa.text("split_from IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_story_versions_split_from", table_name="story_versions")
    op.drop_index("ix_stories_hidden", table_name="stories")
    op.drop_index("ix_stories_document", table_name="stories")
    op.execute("DROP TRIGGER write_article_document ON articles")
    op.drop_table("article_documents")
    op.execute("DROP FUNCTION write_article_document()")
    op.execute("DROP FUNCTION story_document(text, text[])")
    op.execute("DROP FUNCTION article_document(text, text, text, text)")
    op.execute("DROP FUNCTION stemmer_of(text)")
