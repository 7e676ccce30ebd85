"""claims of deliveries and webhooks; forms of words in the search index

A claim of an earlier version has no owner, so it is free. Of several open attempts of one edition
only the last one stays open.

The search functions apply the rules of `domain/search/word_forms.py`. Each document also has a
marker of each language whose stems it contains, because a query is stemmed in several languages.
The upgrade computes the documents of all articles again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("state IN ('sending', 'ending')")

SEPARATORS = (
    "\x01-/:-@\\[-`{-\xa9\xab\xac\xae-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u02c2-\u02df\u037e\u0387"
    "\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u0600-\u060f\u061b-\u061f"
    "\u066a-\u066d\u06d4\u0964\u0965\u0970\u104a\u104b\u17d4-\u17da\u2000-\u200a\u200c\u200d"
    "\u2010-\u2029\u202f-\u205f\u2070\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004"
    "\u3007-\u3020\u3030\u303d-\u303f\u30a0\u30fb\ufd3e\ufd3f\ufe10-\ufe6f\uff01-\uff0f"
    "\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee\ufffc\ufffd\U0001f000-\U0001faff"
)
UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u1049\u1100-\u11ff\u1780-\u17d3\u3005\u3006"
    "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uff66-\uff9f\U00020000-\U0003134f"
)
IGNORED = (
    "\xad\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06ed\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
)
LETTERS = "أإآٱىیکةۀہەёЁςİ", "ااااييكههههеЕσi"
ABBREVIATION = "(?<![A-Za-z0-9])([A-Za-z])\\.(?=[A-Za-z](?![A-Za-z0-9]))"
ARABIC_PREFIX = "(^| )(?:[وف]?(?:ال|بال|كال|لل)(?=[^ ]{2})|و(?=[^ ]{3}))"
PERSIAN_SUFFIX = "(?<=[^ ]{2})ها(?:ي|يي|يم|يت|يش|يمان|يتان|يشان)?(?= |$)"
SIMPLE = "'pg_catalog.simple'::regconfig"

#: The words of a text, separated by spaces.
WORDS = f"""
CREATE FUNCTION search_words(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT regexp_replace(regexp_replace(translate(regexp_replace(regexp_replace(
    normalize(value, NFKC), '{ABBREVIATION}', '\\1', 'g'), '[{IGNORED}]', '', 'g'),
    '{LETTERS[0]}', '{LETTERS[1]}'), '[{SEPARATORS}]+', ' ', 'g'), '([{UNSPACED}])', ' \\1 ', 'g')
$$
"""
#: The stems of a text in a language; empty without a stemmer.
STEMS = f"""
CREATE FUNCTION search_stems(language text, value text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE stemmer regconfig := stemmer_of(language); words text;
BEGIN
    IF language = 'fa' THEN
        words := regexp_replace(search_words(value), '{PERSIAN_SUFFIX}', '', 'g');
        RETURN to_tsvector({SIMPLE}, words);
    ELSIF stemmer IS NULL THEN
        RETURN ''::tsvector;
    ELSIF language = 'ar' THEN
        words := regexp_replace(search_words(value), '{ARABIC_PREFIX}', '\\1', 'g');
        RETURN to_tsvector({SIMPLE}, words) || to_tsvector(stemmer, words);
    ELSIF language = 'tr' THEN
        words := search_words(replace(value, 'I', 'ı'));
        RETURN to_tsvector({SIMPLE}, words) || to_tsvector(stemmer, words);
    END IF;
    RETURN to_tsvector(stemmer, translate(search_words(value), 'ı', 'i'));
END $$
"""
EXACT = f"""
CREATE FUNCTION search_exact(value text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT to_tsvector({SIMPLE}, translate(search_words(value), 'ı', 'i'))
$$
"""
#: The lexeme that marks documents with stems of a language.
MARKER = """
CREATE FUNCTION search_marker(language text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN language = 'fa' OR stemmer_of(language) IS NOT NULL
       THEN array_to_tsvector(ARRAY['@' || language]) ELSE ''::tsvector END
$$
"""
DOCUMENT = """
CREATE OR REPLACE FUNCTION article_document(language text, title text, lead text, body text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE head text := left(body, 10000);
BEGIN
    RETURN setweight(search_exact(title), 'A') || setweight(search_exact(lead), 'B')
        || setweight(search_exact(head), 'C')
        || setweight(search_stems(language, title), 'A')
        || setweight(search_stems(language, lead), 'B')
        || setweight(search_stems(language, head), 'C')
        || search_marker(language);
END $$
"""
#: Postgres 17 builds and restores indexes with an empty search path, so the function sets its own.
STORY_DOCUMENT = """
CREATE FUNCTION story_document(headline text, keywords text[], languages text[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    listed text := array_to_string(keywords, ' ; ');
    document tsvector := setweight(search_exact(headline), 'A')
        || setweight(search_exact(listed), 'B');
    language text;
BEGIN
    FOREACH language IN ARRAY CASE languages WHEN '{}' THEN '{en}' ELSE languages END LOOP
        document := document || setweight(search_stems(language, headline), 'A')
            || setweight(search_stems(language, listed), 'B') || search_marker(language);
    END LOOP;
    RETURN document;
END $$
"""
UPDATE_DOCUMENTS = """
UPDATE article_documents AS found
SET document = article_document(found.language, articles.title, articles.text, articles.body)
FROM articles WHERE articles.id = found.article_id
"""

OLD_PARTS = (
    "setweight(to_tsvector({0}, title), 'A') || setweight(to_tsvector({0}, lead), 'B') "
    "|| setweight(to_tsvector({0}, left(body, 10000)), 'C')"
)
OLD_DOCUMENT = f"""
CREATE OR REPLACE FUNCTION article_document(language text, title text, lead text, body text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE stemmer regconfig := stemmer_of(language);
BEGIN
    IF stemmer IS NULL THEN
        RETURN {OLD_PARTS.format(SIMPLE)};
    END IF;
    RETURN {OLD_PARTS.format(SIMPLE)} || {OLD_PARTS.format("stemmer")};
END $$
"""
OLD_STORY_DOCUMENT = f"""
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


def upgrade() -> None:
    _claim_rows()
    op.drop_index("ix_stories_document", table_name="stories")
    op.execute("DROP FUNCTION story_document(text, text[])")
    _run(WORDS, STEMS, EXACT, MARKER, DOCUMENT, STORY_DOCUMENT, UPDATE_DOCUMENTS)
    _create_story_index("story_document(headline, keywords, languages)")


def downgrade() -> None:
    op.drop_index("ix_stories_document", table_name="stories")
    op.execute("DROP FUNCTION story_document(text, text[], text[])")
    _run(OLD_DOCUMENT, OLD_STORY_DOCUMENT, UPDATE_DOCUMENTS)
    for signature in ("marker(text)", "exact(text)", "stems(text, text)", "words(text)"):
        op.execute(f"DROP FUNCTION search_{signature}")
    _create_story_index("story_document(headline, keywords)")
    op.drop_index("uq_deliveries_open", table_name="deliveries")
    op.create_index("ix_deliveries_open", "deliveries", ["id"], postgresql_where=IS_OPEN)
    for table in ("deliveries", "webhooks"):
        op.drop_column(table, "claimed_until")
        op.drop_column(table, "owner")


def _claim_rows() -> None:
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


def _run(*statements: str) -> None:
    for each in statements:
        # Not `op.execute`, which would take the colons of patterns for parameters.
        op.get_bind().exec_driver_sql(each)


def _create_story_index(document: str) -> None:
    op.create_index("ix_stories_document", "stories", [sa.text(document)], postgresql_using="gin")
