"""Text glued to the start of a sentence: credits, bylines, datelines, subtitles, and labels.

Feeds often join such text and the sentence without a line break.
"""

import re

from service.domain.locales.codes import language_or_english
from service.domain.search.function_words import is_function_word

#: A photographer and a picture agency, and a caption before them.
_CREDIT = re.compile(
    r"^(?:.{0,240}(?:\bvia |/ ?|[—–])(?:\w+ )?(?:Getty(?: Images)?|GETTY(?: IMAGES)?|WireImage|"
    r"FilmMagic|Shutterstock|AFP|Reuters|REUTERS|AP|NurPhoto|Anadolu|Alamy|Bloomberg)(?: Images)?|"
    r"(?:Getty Images|GETTY|WireImage|FilmMagic|Shutterstock|Alamy))\)?\s+(?=[A-Z])"
)
#: The place of a report in capitals, with its region and agency: "ORLAN, Lake (AP) — ".
_DATELINE = re.compile(
    r"^(?P<place>[^\W\d_][\w.,'’ -]{2,40}?)(?: ?\([\w ]{2,12}\))?\s+[—–-]{1,2}\s+(?=\S)"
)
#: A place in capitals and a colon: "ORLAN: ".
_PLACE = re.compile(r"^[A-ZÀ-Þ][A-ZÀ-Þ .’'-]{3,30}: (?=[A-ZÀ-Þ])")
#: A byline before an article or a preposition, and the label of a link to the author or the story.
_BYLINE = re.compile(
    r"^(?:By (?:[A-Z][\w.’'-]+ ){1,4}(?=(?:The|An?|In|On|At|It|For|From|As|When|While|With|After|"
    r"Before|Since|Despite|During|Following|Under|Amid|More|Two|Three) \S)|"
    r"(?:Connect|Share|Save|Comments?|Gift) (?=[A-Z]))"
)
#: A function word with a capital inside a sentence begins another one: "in the lake At least 44".
_NEW_START = re.compile(
    r"\b(?P<before>[^\W\d_A-ZÀ-Þ]{3,})[’”\"]? (?=(?P<word>[A-ZÀ-Þ][a-zß-ÿ]+) [\da-zß-ÿ])"
)
#: A subtitle without a full stop ends before an article with a capital and a word without one.
_SUBTITLE = {
    language: re.compile(rf"[^\W\d_A-Z]{{3}}[’”\"]? (?=(?:{articles}) [^\W\d_A-ZÀ-Þ])")
    for language, articles in {
        "en": "An?|The",
        "fr": "Les?|La|Une?|Des",
        "es": "El|L[ao]s?|Un[ao]?s?",
        "pt": "Os?|As?|Uma?|Um",
        "it": "Il|La|Gli|Le|Una?",
    }.items()
}
#: Before these words an article with a capital begins a title: "the film The lost city".
_BEFORE_TITLES = re.compile(
    r"\b(?:called|titled|named|show|film|movie|book|song|series|novel|play|album|after)[’”\"]? $"
)
#: Minimum words of a subtitle, and of the sentence after it.
_MIN_WORDS = 5
#: Minimum adjacent words in capitals that are a label or a link, and their minimum letters.
_MIN_CAPITALS, _MIN_CAPITAL_LETTERS = 4, 15


def cut_credit(sentence: str) -> str:
    """Return the end of a sentence after a picture credit and a caption, or the whole sentence."""
    credit = _CREDIT.match(sentence)
    return sentence[credit.end() :] if credit else sentence


def cut_dateline_and_subtitle(sentence: str, language: str) -> str:
    """Return the end of a sentence after a byline, dateline and subtitle, or the whole sentence.

    `language` is an ISO 639 code, or empty.
    """
    dateline = _DATELINE.match(sentence)
    if dateline and dateline["place"].partition(",")[0].isupper():
        sentence = sentence[dateline.end() :]
    for label in (_BYLINE, _PLACE):
        sentence = label.sub("", sentence)
    subtitle = _SUBTITLE.get(language_or_english(language))
    for match in subtitle.finditer(sentence) if subtitle else ():
        before, after = sentence[: match.end()], sentence[match.end() :]
        is_long = min(len(before.split()), len(after.split())) >= _MIN_WORDS
        if is_long and not _BEFORE_TITLES.search(before):
            return after
    for match in _NEW_START.finditer(sentence):
        before, after = sentence[: match.end()], sentence[match.end() :]
        is_long = min(len(before.split()), len(after.split())) >= _MIN_WORDS
        if is_long and _begins_sentence(match["before"], match["word"], before, language):
            return after
    return sentence


def _begins_sentence(last: str, word: str, before: str, language: str) -> bool:
    """Whether a function word with a capital begins a sentence, not the title of a work."""
    return (
        is_function_word(word.lower(), language_or_english(language))
        and not is_function_word(last, language_or_english(language))
        and not _BEFORE_TITLES.search(before)
        and before.count('"') % 2 == 0
    )


def has_run_of_capitals(sentence: str) -> bool:
    """Whether a sentence contains several words in capitals, such as the text of a link."""
    run = letters = 0
    for word in sentence.split():
        is_upper = word.isupper() and word[-1] not in ",;"
        run, letters = (run + 1, letters + len(word)) if is_upper else (0, 0)
        if run >= _MIN_CAPITALS and letters >= _MIN_CAPITAL_LETTERS:
            return True
    return False
