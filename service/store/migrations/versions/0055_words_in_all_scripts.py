"""words without accents, joined compounds, and endings of more languages in the search index

The search functions apply the rules of `domain/search/word_forms.py` and `readings.py`. The index
contains text without accents and in simplified Chinese characters. It contains sentences with
compounds again at the end, after the word `000000`, with each compound as one word. Patterns remove
the endings of languages for which Postgres has no stemmer.

The upgrade computes the documents of all articles again in one transaction, and builds the indexes
of stories at its end. Readers see the old documents until then. A web server of the former release
that still runs finds words with accents only by their stems.
"""

import importlib
import json

import sqlalchemy as sa
from alembic import op

from service.domain.search.chinese_letters import SIMPLIFIED, TRADITIONAL

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

_FORMER = "service.store.migrations.versions.{}"
forms = importlib.import_module(_FORMER.format("0029_claims_and_word_forms"))
former = importlib.import_module(_FORMER.format("0035_faster_search_documents"))

SIMPLE = "'pg_catalog.simple'::regconfig"
SEPARATORS = forms.SEPARATORS.replace("\u02c2-\u02df", "\u02b9-\u02df")
UNSPACED = forms.UNSPACED
#: `''` is an apostrophe in a string of SQL.
APOSTROPHES = "''`\u2018\u2019\u02b9\u02bb\u02bc\u02be\u02bf\uff07"
HYPHENS = "\\-\u2010\u2011\uff0d\ufe63"
POSSESSIVE = f"(?<=[^{SEPARATORS}][{APOSTROPHES}])[sS](?![^{SEPARATORS}])"
ELISION = f"(?<![^{SEPARATORS}])(?:[lLdDcjmnst]|[qQ][uU])(?=[{APOSTROPHES}][^{SEPARATORS}])"
JOINT = f"(?<=[^0-9{SEPARATORS}{UNSPACED}])[{HYPHENS}{APOSTROPHES}](?=[^{SEPARATORS}{UNSPACED}])"
SENTENCE_END = "[!?\n\u2026\u3002\uff01\uff0e\uff1f]|\\.(?! ?[a-z0-9])"
ACCENTS = "[\u0300-\u0305\u0307\u0309-\u036f]|(?<![иИуУ])\u0306|(?<![іІ])\u0308"
PLAIN = "łŁøØđĐðÐħĦŧŦıةؤئ", "lLoOdDdDhHtTiهوي"
LIGATURES = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "þ": "th", "Þ": "th"}
CYRILLIC = "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"



def _cases(short: str, long: str) -> tuple[str, str]:
    return f"([^ ]{{3}})(?:{short})|([^ ]{{4}})(?:{long})", r"\1\2"


CZECH = (
    _cases("[aeiouy]|eho|emu|ych|ymi", "[eou]m|am|a?mi|emi|[eia]ch|[iy]m|imi|ej|ou|ov[ieay]"),
    ("([^ ]{3})c", r"\1k"),
    ("([^ ]{3})z", r"\1h"),
)
#: Patterns of the endings of a language, and of changed consonants, with their replacements.
ENDINGS = {
    "cs": CZECH,
    "sk": CZECH,
    "pl": (
        _cases(
            "[aeouy]|ii?|i[aeou]|i?ego|i?emu|ych|ymi",
            "i?(?:em|om|ami|ach|ow|owi|owie|ej|ich|im|imi|ym)",
        ),
        ("([^ ]{2}s)c", r"\1k"),
        ("([^ ]{4}n)c", r"\1t"),
        ("([^ ]{2}d)z", r"\1"),
        ("([^ ]{3}r)z", r"\1"),
    ),
    "uk": (
        _cases(
            "[аеєиіїоуюяьй]|ий|ого|ому|их|ими|ої",
            "[оеє]ю|[оеєаяи]м|[ая]ми|[ая]х|[іїо]в|[оеє]ві|ов[аоу]|овом",
        ),
        ("([^ ]{3})ц", r"\1к"),
        ("([^ ]{3})з", r"\1г"),
    ),
    "fa": ((forms.PERSIAN_SUFFIX.removesuffix("(?= |$)"), ""),),
}
ARABIC_PREPOSITION = "(^| )[وف]?[بلك](?=[^ ]{3})"


def _replace(text: str, *rules: tuple[str, str]) -> str:
    for pattern, spelling in rules:
        text = f"regexp_replace({text}, '{pattern}', '{spelling}', 'g')"
    return text


def _strip(endings: tuple[tuple[str, str], ...]) -> str:
    return _replace("word", *((f"(?:{pattern})(?= |$)", spelling) for pattern, spelling in endings))


LOWER = f"lower(translate(words, '{CYRILLIC[0]}', '{CYRILLIC[1]}'))"
CASES = "\n".join(f"        WHEN '{code}' THEN {_strip(each)}" for code, each in ENDINGS.items())
#: Words without accents, in lower case, without the endings of a language.
STRIP = f"""
CREATE FUNCTION search_without_endings(language text, words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE language
{CASES}
        END FROM (SELECT {LOWER} AS word) AS lowered
$$
"""
TABLE = json.dumps(dict(zip(TRADITIONAL, SIMPLIFIED, strict=True)), ensure_ascii=False)
#: A text in simplified Chinese characters.
SIMPLIFY = f"""
CREATE FUNCTION search_simplified(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE old text; new text;
BEGIN
    IF value !~ '[\u3400-\u9fff]' THEN
        RETURN value;
    END IF;
    SELECT string_agg(letter, ''), string_agg('{TABLE}'::jsonb ->> letter, '') INTO old, new
    FROM (SELECT DISTINCT regexp_split_to_table(value, '') AS letter) AS letters
    WHERE '{TABLE}'::jsonb ? letter;
    RETURN translate(value, coalesce(old, ''), coalesce(new, ''));
END $$
"""
LIGATURE_WORDS = "words"
for _letter, _letters in LIGATURES.items():
    LIGATURE_WORDS = f"replace({LIGATURE_WORDS}, '{_letter}', '{_letters}')"
#: Words without accents, in simplified Chinese characters.
FOLD = f"""
CREATE FUNCTION search_folded(words text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN
    IF octet_length(words) = char_length(words) THEN
        RETURN words;
    END IF;
    words := normalize(regexp_replace(normalize(words, NFD), '{ACCENTS}', '', 'g'), NFC);
    words := translate(words, '{PLAIN[0]}', '{PLAIN[1]}');
    IF words ~ '[{"".join(LIGATURES)}]' THEN
        words := {LIGATURE_WORDS};
    END IF;
    RETURN search_simplified(words);
END $$
"""
WORDS = f"""
CREATE OR REPLACE FUNCTION search_words(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE words text; joined text;
BEGIN
    IF octet_length(value) <> char_length(value) THEN
        value := translate(regexp_replace(normalize(value, NFKC), '[{forms.IGNORED}]', '', 'g'),
                           '{forms.LETTERS[0]}', '{forms.LETTERS[1]}');
    END IF;
    value := regexp_replace(value, '{forms.ABBREVIATION}', '\\1', 'g');
    IF value ~ '[{HYPHENS}{APOSTROPHES}]' THEN
        value := regexp_replace(value, '{POSSESSIVE}|{ELISION}', ' ', 'g');
        SELECT string_agg(' 000000 ' || regexp_replace(sentence, '{JOINT}', '', 'g'), '')
        INTO joined FROM regexp_split_to_table(value, '{SENTENCE_END}') AS sentence
        WHERE sentence ~ '{JOINT}';
        value := value || coalesce(joined, '');
    END IF;
    words := regexp_replace(value, '[{SEPARATORS}]+', ' ', 'g');
    IF octet_length(value) <> char_length(value) THEN
        words := regexp_replace(words, '([{UNSPACED}])', ' \\1 ', 'g');
    END IF;
    RETURN words;
END $$
"""
EXACT = f"""
CREATE OR REPLACE FUNCTION search_exact(value text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
SELECT to_tsvector({SIMPLE}, search_folded(search_words(value)))
$$
"""
#: The stems of a text, whose words are given, also without accents; empty for a language without
#: stems.
STEMS = f"""
CREATE FUNCTION search_stems(language text, value text, words text, folded text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE stemmer regconfig := stemmer_of(language); found tsvector := '';
BEGIN
    IF language IN ('{"', '".join(ENDINGS)}') THEN
        RETURN to_tsvector({SIMPLE}, search_without_endings(language, folded));
    ELSIF stemmer IS NULL THEN
        RETURN ''::tsvector;
    ELSIF language = 'tr' THEN
        words := search_words(replace(value, 'I', 'ı'));
        folded := search_folded(words);
    ELSIF language = 'ar' THEN
        found := to_tsvector({SIMPLE}, regexp_replace(folded, '{ARABIC_PREPOSITION}', '\\1', 'g'));
        words := regexp_replace(words, '{forms.ARABIC_PREFIX}', '\\1', 'g');
        folded := search_folded(words);
        found := found || to_tsvector({SIMPLE}, folded);
    ELSE
        words := replace(words, 'ı', 'i');
    END IF;
    found := found || to_tsvector(stemmer, words);
    RETURN CASE folded WHEN words THEN found ELSE found || to_tsvector(stemmer, folded) END;
END $$
"""
STEMS_OF_TEXT = """
CREATE OR REPLACE FUNCTION search_stems(language text, value text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE words text := search_words(value);
BEGIN
    RETURN search_stems(language, value, words, search_folded(words));
END $$
"""
MARKER = f"""
CREATE OR REPLACE FUNCTION search_marker(language text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
SELECT CASE WHEN language IN ('{"', '".join(ENDINGS)}') OR stemmer_of(language) IS NOT NULL
       THEN array_to_tsvector(ARRAY['@' || language]) ELSE ''::tsvector END
$$
"""
DOCUMENT = f"""
CREATE OR REPLACE FUNCTION article_document(language text, title text, lead text, body text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    head text := left(body, 10000);
    title_words text := search_words(title);
    lead_words text := search_words(lead);
    head_words text := search_words(head);
    title_bare text := search_folded(title_words);
    lead_bare text := search_folded(lead_words);
    head_bare text := search_folded(head_words);
BEGIN
    RETURN setweight(to_tsvector({SIMPLE}, title_bare), 'A')
        || setweight(to_tsvector({SIMPLE}, lead_bare), 'B')
        || setweight(to_tsvector({SIMPLE}, head_bare), 'C')
        || setweight(search_stems(language, title, title_words, title_bare), 'A')
        || setweight(search_stems(language, lead, lead_words, lead_bare), 'B')
        || setweight(search_stems(language, head, head_words, head_bare), 'C')
        || search_marker(language);
END $$
"""
#: Expression indexes of stories, with the words that their documents contain.
INDEXES = (
    ("ix_stories_document", "stories", "story_document(headline, keywords, languages)"),
    ("ix_stories_keywords", "stories", "keyword_document(keywords, languages)"),
    ("ix_stories_names", "stories", "name_document(details, languages)"),
    ("ix_story_versions_keywords", "story_versions", "keyword_document(keywords, languages)"),
    ("ix_story_versions_names", "story_versions", "name_document(details, languages)"),
)


def upgrade() -> None:
    _run(STRIP, SIMPLIFY, FOLD, WORDS, EXACT, STEMS, STEMS_OF_TEXT, MARKER, DOCUMENT)
    op.execute("DROP FUNCTION search_stems(text, text, text)")
    _run(forms.UPDATE_DOCUMENTS)
    _rebuild_indexes()


def downgrade() -> None:
    changed = (
        former.WORDS,
        former.STEMS_OF_WORDS,
        former.STEMS,
        former.DOCUMENT,
        forms.EXACT,
        forms.MARKER,
    )
    _run(*(each.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION") for each in changed))
    for name in (
        "stems(text, text, text, text)",
        "without_endings(text, text)",
        "folded(text)",
        "simplified(text)",
    ):
        op.execute(f"DROP FUNCTION search_{name}")
    _run(forms.UPDATE_DOCUMENTS)
    _rebuild_indexes()


def _rebuild_indexes() -> None:
    # Not REINDEX: it fails in a transaction that has changed the table.
    for name, table, document in INDEXES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, [sa.text(document)], postgresql_using="gin")


def _run(*statements: str) -> None:
    for each in statements:
        # Not `op.execute`, which would take the colons of patterns for parameters.
        op.get_bind().exec_driver_sql(each)
