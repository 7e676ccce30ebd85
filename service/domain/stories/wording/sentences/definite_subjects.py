"""Subjects that a text before them has to introduce, such as "The retreat began on Monday"."""

import re
from collections.abc import Collection

from service.domain.articles import tokenization
from service.domain.locales.codes import language_or_english
from service.domain.search import word_forms
from service.domain.search.function_words import is_function_word

#: A definite article at the start, in English also after a phrase without a name ("In a ruling, ").
_START = {
    "en": re.compile(
        r"^\W*(?:(?:In|On|At|After|During|As|While|When|With|By|Under|Before|Since|Despite|Late|"
        r"Earlier)(?: (?:[a-z\d][\w’'-]*|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day))+, )?"
        r"[Tt]he (?=\S)"
    ),
    "de": re.compile(r"^\W*(?:Der|Die|Das) (?=\S)"),
    "fr": re.compile(r"^\W*(?:(?:Les?|La) |L['’])(?=\S)"),
    "es": re.compile(r"^\W*(?:El|L[ao]s?) (?=\S)"),
}
#: Words after a noun that identify it; a preposition of place does so before a name or "a".
_IDENTIFYING = {
    "en": re.compile("of|who|whose|which|that|behind|accused|between"),
    "de": re.compile("der|des|von|vom|zwischen"),
    "fr": re.compile("d[eu]|des|qui|entre"),
    "es": re.compile("del?|que|entre"),
}
_PLACE = re.compile("in|at|from|for|near|on|to|against|by|im|aus|bei|für|en|à|au|pour|para")
#: Nouns that need no introduction: institutions, and roles that a country has once.
_KNOWN = re.compile(
    r"governments?|president\w*|police|military|army|navy|courts?|parliament|senate|minist\w+|"
    r"administration|authorities|agency|department|bank|union|opposition|world|country|nation|"
    r"economy|pope|king|queen|sun|moon|weather|internet|"
    r"(?:\w+)?regierung|bundes\w+|präsident\w*|polizei|armee|parlament\w*|behörden?|gerichte?|"
    r"staatsanwaltschaft|welt|papst|könig|feuerwehr|"
    r"gouvernement|président\w*|armée|autorités|tribunal|justice|parquet|monde|pape|roi|pays|"
    r"gobierno|policía|ejército|autoridades|justicia|fiscalía|oposición|mundo|papa|rey|país",
    re.IGNORECASE,
)
#: Maximum words of a subject after its article, and fewer words before a name in it.
_MAX_WORDS, _MAX_WORDS_BEFORE_NAME = 3, 2


def lacks_introduction(sentence: str, language: str, known: Collection[str]) -> bool:
    """Whether the subject of a sentence is a definite noun without a name, which is not `known`.

    `known` has the stems of the text before. `language` is an ISO 639 code; an unknown one counts
    as English. A sentence in a language other than English, German, French and Spanish is accepted.
    """
    language = language_or_english(language)
    start = _START[language].match(sentence) if language in _START else None
    if start is None:
        return False
    subject = _subject(sentence[start.end() :].split()[: _MAX_WORDS + 2], language)
    return bool(subject) and not any(
        _KNOWN.fullmatch(word) or word_forms.stem(word, language) in known for word in subject
    )


def _subject(words: list[str], language: str) -> list[str]:
    """The words of a subject in lower case; none if a name or a phrase identifies it.

    A name after several words belongs to the predicate: "The judge told Karsia".
    """
    subject: list[str] = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        plain = word.strip("“”\"'‘’,.;:()")
        if subject and (_IDENTIFYING[language].fullmatch(plain) or _is_place(plain, following)):
            return []
        if _is_name(word) and not (language == "de" and not subject):  # "Der Richter"
            return [] if len(subject) < _MAX_WORDS_BEFORE_NAME else subject
        ends = is_function_word(plain, language) or plain.endswith("ed")
        if subject and (ends or len(subject) == _MAX_WORDS):
            break
        subject.append(plain.lower())
        if word.endswith(","):
            break
    return subject


def _is_place(word: str, following: str) -> bool:
    return bool(_PLACE.fullmatch(word)) and (following[:1].isupper() or following in {"a", "an"})


def _is_name(word: str) -> bool:
    return (word[:1].isupper() or word[:1].isdigit()) and not tokenization.is_dated(word.lower())
