"""Language of an article: the declared one, unless detection clearly contradicts it.

Feeds often declare no language, or the default of their software. Statistical detection uses
py3langid (Lui and Baldwin 2012), restricted to the languages of newspapers: with all 139 languages
it misclassifies one English title in ten, mostly as a creole. Function words are faster, but only
some languages have a list of them. They decide only if the declared language has a list, and if
statistics do not find a language without one.
"""

from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from service.domain.search.word_forms import languages_of_script
from service.ingest.language_by_words import LISTED, NEEDS_CHECK, language_of_words

#: Characters used for detection; more adds cost, not accuracy.
SAMPLE_CHARACTERS = 400
#: Minimum probability to use the detected language of a text without a declared one.
MIN_PROBABILITY = 0.5
#: Minimum probability for a detected language to override the declared one.
MIN_OVERRIDE_PROBABILITY = 0.9
#: Minimum probability of all languages without a word list together to reject the result of words.
#: Their sum counts, because it is often divided among relatives such as Croatian and Bosnian.
MIN_UNLISTED_PROBABILITY = 0.9
#: Minimum characters of a text whose detected language overrides the declared one.
MIN_OVERRIDE_CHARACTERS = 60

# ISO 639-1. An article in another language keeps the declared one.
_DETECTED = """
af am ar as az be bg bn bs ca cs da de el en es et eu fa fi fr gu ha he hi hr hu hy id is it ja ka
kk km kn ko ku ky lo lt lv mk ml mn mr ms my ne nl no or pa pl ps pt ro ru si sk sl so sq sr sv sw
ta te th tl tr ug uk ur uz vi zh
"""
DETECTED = frozenset(_DETECTED.split())
#: Similar languages; detection never overrides a declared language with another of its group.
_SIMILAR = tuple(
    frozenset(names.split())
    for names in (
        "no nb nn da sv",
        "sr hr bs sh sl mk bg",
        "ru uk be bg",
        "cs sk",
        "id ms",
        "es ca pt gl",
        "hi mr ne",
        "af nl",
        "fa ps ur ku",
        "az tr",
        "kk ky",
        "tl fil",
        "zh yue",
    )
)


def resolve_language(declared: str, title: str, text: str = "") -> str:
    """Return the declared language tag, else the detected ISO 639-1 code, else "".

    The declared tag keeps its region. A detected language replaces it if the text is long enough,
    the probability is high, and the two languages are not similar.
    """
    sample = " ".join(f"{title} {text[:SAMPLE_CHARACTERS]}".split())[:SAMPLE_CHARACTERS]
    if declared and len(sample) < MIN_OVERRIDE_CHARACTERS:
        return declared
    primary = declared.lower().partition("-")[0]
    detected, probability = detect_language(sample, by_words=not primary or primary in LISTED)
    if not declared:
        return detected if probability >= MIN_PROBABILITY else ""
    similar = any({primary, detected} <= group for group in _SIMILAR)
    contradicts = primary in DETECTED and primary != detected and not similar
    return detected if contradicts and probability >= MIN_OVERRIDE_PROBABILITY else declared


def detect_language(text: str, *, by_words: bool = True) -> tuple[str, float]:
    """Return the most probable of the `DETECTED` languages and its probability.

    `by_words` allows function words to decide. The result is ("", 0.0) for a text without letters.
    """
    if not any(character.isalpha() for character in text):
        return "", 0.0
    language = language_of_words(text) if by_words else ""
    if language and language not in NEEDS_CHECK:
        return language, 1.0
    ranks = load_identifier().rank(text.encode(errors="replace").decode())
    unlisted = sum(float(probability) for name, probability in ranks if name not in LISTED)
    if language and unlisted < MIN_UNLISTED_PROBABILITY:
        return language, 1.0
    name, probability = ranks[0]
    return str(name), float(probability)


@lru_cache(maxsize=1)
def load_identifier() -> LanguageIdentifier:
    """Load the model once; loading takes about a second."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(DETECTED)
    return identifier


def language_of_query(text: str) -> str:
    """Return the language of a short query; "" if it is unknown, but has Latin letters.

    Detection is unreliable for a few ASCII words; other scripts suffice for it.
    """
    if text.isascii():
        return ""
    detected, scripts = resolve_language("", text), languages_of_script(text)
    if "en" in scripts or detected not in {"", *languages_of_script("a")}:
        return detected
    # A detected language with Latin letters is wrong for a text in another script.
    return scripts[0] if scripts else "und"
