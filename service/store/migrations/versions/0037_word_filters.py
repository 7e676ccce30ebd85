"""filters for keywords and entities that match words as search does

Names of entities match as a whole: the word `0000` stands before and after each name, so that a
name is a phrase between two of these words.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0042"
branch_labels = None
depends_on = None

#: Postgres 17 builds and restores indexes with an empty search path, so each function that calls
#: another one sets its own.
KEYWORDS = """
CREATE FUNCTION keyword_document(keywords text[], languages text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
SELECT story_document('', keywords, languages)
$$
"""
NAMES = """
CREATE FUNCTION name_document(details jsonb, languages text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
SELECT story_document('', array_agg('0000 ' || (entity ->> 'name')) || ARRAY['0000'], languages)
FROM jsonb_path_query(details, '$.entities[*]') AS entity
$$
"""
#: Any of the texts in websearch syntax, each with the stemmer of a language ('' for none), in
#: documents with the marker of another one ('' for all documents).
QUERY = """
CREATE FUNCTION word_query(stemmers text[], markers text[], texts text[]) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE result tsquery := ''::tsquery; part tsquery;
BEGIN
    FOR number IN 1..cardinality(texts) LOOP
        part := websearch_to_tsquery(
            coalesce(stemmer_of(stemmers[number]), 'pg_catalog.simple'::regconfig), texts[number]);
        IF numnode(part) > 0 AND markers[number] <> '' THEN
            part := part && ('''@' || markers[number] || '''')::tsquery;
        END IF;
        result := result || part;
    END LOOP;
    RETURN result;
END $$
"""
OLD_KEYWORDS = """
CREATE FUNCTION in_lower_case(words text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT coalesce(array_agg(lower(word)), '{}') FROM unnest(words) AS word
$$
"""
OLD_NAMES = """
CREATE FUNCTION story_names(details jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT coalesce(array_agg(lower(entity ->> 'name')), '{}')
FROM jsonb_path_query(details, '$.entities[*]') AS entity
$$
"""
TABLES = ("stories", "story_versions")


def upgrade() -> None:
    _drop_indexes()
    for function in ("in_lower_case(text[])", "story_names(jsonb)"):
        op.execute(f"DROP FUNCTION {function}")
    for each in (KEYWORDS, NAMES, QUERY):
        # Not `op.execute`, which would take the colons of assignments for parameters.
        op.get_bind().exec_driver_sql(each)
    _create_indexes("keyword_document(keywords, languages)", "name_document(details, languages)")


def downgrade() -> None:
    _drop_indexes()
    for function in (
        "keyword_document(text[], text[])",
        "name_document(jsonb, text[])",
        "word_query(text[], text[], text[])",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.execute(OLD_KEYWORDS)
    op.execute(OLD_NAMES)
    _create_indexes("in_lower_case(keywords)", "story_names(details)")


def _drop_indexes() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_keywords", table_name=table)
        op.drop_index(f"ix_{table}_names", table_name=table)


def _create_indexes(keywords: str, names: str) -> None:
    for table in TABLES:
        for name, expression in (("keywords", keywords), ("names", names)):
            op.create_index(
                f"ix_{table}_{name}", table, [sa.text(expression)], postgresql_using="gin"
            )
