"""Sentences of a text, each word for word as it stands there."""

import re
from dataclasses import dataclass

#: A mark that may end a sentence with what closes behind it, or a line's end.
_END = re.compile(r"(?:[.!?…]+|[؟۔।。！？]+)[\"'”’»›)\]]*(?=\s|$)|[。！？]|\n+")
_WHOLE = re.compile(r"(?<![.…])[.!?؟۔।。！？][\"'”’»›)\]]*$")
_LAST_WORD = re.compile(r"([\w.’'-]+)\.[\"'”’»›)\]]*$")
_NEXT_WORD = re.compile(r"\s*[\"'“‘«(\[]*([^\W_][\w’'-]*)")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_DAY = re.compile(r"\d{1,2}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Abbreviations behind which a sentence always goes on.
_TITLES = _words("""
mr mrs ms dr prof sen sens rep reps gov gen lt col sgt capt cmdr adm maj rev hon pres st ste vs v no
nos nr approx fig mt ft e.g i.e cf bzw z.b d.h u.a г ул им тыс
""")
#: Those that may end one: it ends if the next word looks like the beginning of another.
_ABBREVIATIONS = _words("""
inc corp co ltd plc jr sr etc a.m p.m u.s u.k u.n e.u u.s.s d.c jan feb mar apr jun jul aug sep sept
oct nov dec dept est ave rd млн млрд
""")
_OPENERS = _words("""
a an the he she it they we i you his her its their our this that these those there here but and or so
yet in on at for from with as by after before when while if although though however what who why how
where one two three some many most all no not police officials
""")
_MONTHS = _words("""
januar februar märz april mai juni juli august september oktober november dezember
""")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A slice of a text; `whole` unless its end was cut off or nothing marks it."""

    text: str
    whole: bool


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text in order; each is a part of the text, nothing changed within it."""
    found, start = [], 0
    for match in _END.finditer(text):
        if match.group().isspace() or _ends(text[start : match.end()], text[match.end() :]):
            found.append(text[start : match.end()].strip())
            start = match.end()
    found.append(text[start:].strip())
    return [Sentence(each, bool(_WHOLE.search(each))) for each in found if each]


def _ends(sentence: str, rest: str) -> bool:
    """Whether the mark at the end of `sentence` ends it, judged by the words on both sides."""
    following = _NEXT_WORD.match(rest[:60])
    after = following.group(1) if following else ""
    if after[:1].islower():
        return False
    last = _LAST_WORD.search(sentence)
    return last is None or _ends_after(last.group(1), after)


def _ends_after(word: str, after: str) -> bool:
    """Whether a full stop behind `word` ends a sentence if `after` comes next."""
    folded = word.lower().rstrip(".")
    if folded in _TITLES or (_DAY.fullmatch(word) and after.lower() in _MONTHS):
        return False
    if folded in _ABBREVIATIONS or _INITIALS.fullmatch(word):
        return not after or after.lower() in _OPENERS
    return True
