"""The part of a title that states the event: without labels, live notes and teasers."""

import re
from dataclasses import dataclass
from functools import lru_cache

from service.domain.locales.codes import language_or_english
from service.domain.stories.wording.sentences.captions import has_verb
from service.domain.stories.wording.title_flaws import (
    HEAVY_FLAW,
    LIGHT_FLAW,
    LIVE_FLAW,
    MEDIUM_FLAW,
    SLIGHT_FLAWS,
    text_penalty,
)
from service.domain.text.scripts import has_unspaced_script

#: Longer titles are used as they are, which bounds the time.
_MAX_CHARACTERS = 300
#: Minimum words of a part that remains after a label, before a note or a teaser, and after a
#: question, which often has the name of the subject; and letters in scripts without spaces.
_MIN_AFTER, _MIN_BEFORE, _MIN_AFTER_QUESTION, _MIN_UNSPACED = 4, 5, 8, 8
#: Shorter words have a small letter in names of works: "of", "the".
_LONG_WORD = 4
#: Maximum labels, notes and teasers that are cut from one title.
_MAX_CUTS = 3
#: A colon, a bar, a dash, or the end of a sentence. Abbreviations such as "D.C." end no sentence.
_SEPARATOR = re.compile(
    r"(?<=[\w’”\"'»)])(?P<colon>\s?[:：|]\s+|：|\s[–—-]\s+|—(?=\w))"
    r"|(?<=[^\W\d_A-Z]{3})(?P<stop>[.?!])\s+(?=\S)|(?P<wide>[？！。])(?=\S)"
)
#: Labels of live pages and round-ups, which are about many events, at the start or the end.
_LIVE = re.compile(
    r"(?:(?:watch|follow)\s+)?(?:\S+\s+){0,4}live(?:\s+(?:updates?|blog|coverage|results))?|"
    r"live ?blog|live ?ticker|as it happened|en direct|direct|en vivo|directo|ao vivo|in diretta|"
    r"first thing|(?:\S+\s+){0,2}(?:rundown|briefing)|diretta(?: live)?|прямая трансляция|онлайн|canlı|на живо|uživo|مباشر|直播|ライブ",
    re.IGNORECASE,
)
#: Labels that say nothing about the event. "Opinion" and "Report" are kept: they limit the claim.
_LABEL = re.compile(
    r"watch|listen|see it|(?:(?:exclusive|breaking|raw)\s+)?(?:videos?|photos?|pictures)|exclusive|"
    r"breaking(?: news)?|scoop|just in|(?:\S+\s+){0,2}updates?|updated|alert|must[- ]see|"
    r"eilmeldung|eil|exklusiv|vidéo|exclusif|urgent|urgente|vídeo|exclusiva|"
    r"ultim'ora|esclusiva|видео|срочно|молния|эксклюзив|son dakika|عاجل|فيديو|بالفيديو|شاهد|"
    r"快讯|快訊|独家|獨家|速報|動画|속보|단독|영상",
    re.IGNORECASE,
)
#: Ends that limit the claim, or belong to the sentence: a genre or a quotation.
_KEPT = re.compile(
    r"[‘“\"«„']|(?:opinion|analysis|review|comment(?:ary)?|column|editorial|fact[- ]check|satire|"
    r"kommentar|meinung|analyse|avis|opinión|análisis|opinione|analisi|opinião|мнение|yorum)\b",
    re.IGNORECASE,
)
_QUOTATION = re.compile(r"[‘“\"«„'][^’”\"»„]+[’”\"»']")
_OPENING_QUOTATION = re.compile(r"\W*[‘“\"«„']")
#: The part after a question with such a word does not name its subject.
_PRONOUN = re.compile(r"\b(?:it|he|she|they|this|that)(?:[’']\w+)?\b", re.IGNORECASE)
#: A part with such a word speaks to the reader.
_PERSON = re.compile(r"\b(?:I|I[’']\w+|we|you|your|my|our)\b", re.IGNORECASE)
_EDGES = " \t–—-|:"


@dataclass(frozen=True, slots=True)
class _Cut:
    """A title without the parts that were cut."""

    text: str
    penalty: int  #: for the parts that were cut
    style: int = 0  #: penalty of `text`


def headline_text(title: str, language: str = "") -> str:
    """Return the part of a title that states the event, or the whole title.

    Cut are labels ("Watch:"), live notes ("– as it happened"), a question or a quotation before the
    event, and a teaser after it (". Here's what to know"). The rest is verbatim. `language` is an
    ISO 639 code, or empty.
    """
    return _cut(title, language).text


def style_penalty(title: str, language: str = "") -> int:
    """Penalty of a title as a headline; 0 for a plain title.

    It is that of the part that states the event, plus a flaw if something is cut: a light one for
    a label or a remark, a medium one for a question or a teaser, and most for a live note, because
    a live page is about many events.
    """
    cut = _cut(title, language)
    return cut.style | cut.penalty


@lru_cache(4096)  # subscribers see the same titles
def _cut(title: str, language: str) -> _Cut:
    whole = title.strip()
    rest = _Cut(whole, 0)
    for _ in range(_MAX_CUTS if len(whole) <= _MAX_CHARACTERS else 0):
        shorter = _cut_once(rest.text, language)
        if shorter is None:
            break
        rest = _Cut(shorter.text, shorter.penalty | rest.penalty)
    style = text_penalty(rest.text, language)
    if rest.penalty and style & ~SLIGHT_FLAWS:  # without the cut parts, it is not plain either
        return _Cut(whole, 0, text_penalty(whole, language))
    return _Cut(rest.text, rest.penalty, style)


def _cut_once(title: str, language: str) -> _Cut | None:
    for match in _SEPARATOR.finditer(title):
        mark = match["stop"] or match["wide"] or ""
        before, after = title[: match.start()], title[match.end() :].strip()
        penalty = _cut_before(before, mark, after)
        if penalty:
            return _Cut(_capitalise(after), penalty)
        penalty = _cut_after(before, after, language)
        if penalty:
            return _Cut(before.rstrip(_EDGES), penalty)
    return None


def _capitalise(text: str) -> str:
    """The text with a capital, unless its first word has one inside: "iPhone"."""
    first = text.split(maxsplit=1)[0]
    return text[0].upper() + text[1:] if first.islower() else text


def _cut_before(before: str, mark: str, after: str) -> int:
    """The penalty for cutting the first part of a title; 0 if it is not cut."""
    first = before.strip(_EDGES)
    if not _is_statement(after, _MIN_AFTER):
        return 0
    if not mark and _LIVE.fullmatch(first):
        return LIVE_FLAW
    if mark in {"?", "？"}:
        names_subject = _is_statement(after, _MIN_AFTER_QUESTION) and not _PRONOUN.search(after)
        return MEDIUM_FLAW if names_subject else 0
    return LIGHT_FLAW if not mark and (_LABEL.fullmatch(first) or _is_remark(first)) else 0


def _is_remark(part: str) -> bool:
    """Whether a part is a quotation, but not the name of a work in capitals."""
    later = [word for word in part.split()[1:] if len(word) >= _LONG_WORD]
    return bool(_QUOTATION.fullmatch(part)) and (
        not later or any(word[0].islower() for word in later)
    )


def _cut_after(before: str, after: str, language: str) -> int:
    """The penalty for cutting the last part of a title; 0 if it is not cut."""
    last = after.strip(_EDGES)
    if not _is_statement(before, _MIN_BEFORE) or _KEPT.match(last):
        return 0
    if language_or_english(language) == "en" and not has_verb(before.lower()):
        return 0  # "The ferry and its owner: what to know" does not state the event
    if _LIVE.fullmatch(last):
        return LIVE_FLAW
    is_teaser = text_penalty(last, language) & ~(SLIGHT_FLAWS | HEAVY_FLAW)
    if _LABEL.fullmatch(last):
        return LIGHT_FLAW
    return MEDIUM_FLAW if is_teaser and not last.isupper() else 0


def _is_statement(part: str, min_words: int) -> bool:
    """Whether a part is long enough, and neither a quotation nor an address to the reader."""
    if _OPENING_QUOTATION.match(part) or _PERSON.search(part):
        return False
    return len(part.split()) >= min_words or (
        has_unspaced_script(part) and len(part) >= _MIN_UNSPACED
    )
