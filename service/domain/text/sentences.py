"""Sentence splitting: each sentence is an unchanged slice of the text."""

import re
from dataclasses import dataclass

# A terminator that may end a sentence, with closing quotes or brackets, or a line break.
# The numbers of characters are bounded, so that no text takes quadratic time.
_END = re.compile(r"(?:[.!?…]{1,20}|[؟۔।。！？]{1,20})[\"'”’»›)\]]{0,20}(?=\s|$)|[。！？]|\n+")
_COMPLETE = re.compile(r"(?<![.…])[.!?؟۔।。！？][\"'”’»›)\]]{0,20}$")
_LAST_WORD = re.compile(r"([\w.’'-]+)\.[\"'”’»›)\]]*$")
_NEXT_WORD = re.compile(r"\s*[\"'“‘«(\[]*([^\W_][\w’'-]*)")
#: Characters before and after a terminator that show whether it ends a sentence.
_CONTEXT_CHARACTERS = 60
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_DAY = re.compile(r"\d{1,2}")


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: A sentence always continues after these abbreviations.
_TITLES = _split("""
mr mrs ms dr prof sen sens rep reps gov gen lt col sgt capt cmdr adm maj rev hon pres st ste vs v no
nos nr approx fig mt ft e.g i.e cf bzw z.b d.h u.a г ул им тыс
""")
#: These may end a sentence; they do if the next word is in `_OPENERS`.
_ABBREVIATIONS = _split("""
inc corp co ltd plc jr sr etc a.m p.m u.s u.k u.n e.u u.s.s d.c jan feb mar apr jun jul aug sep sept
oct nov dec dept est ave rd млн млрд
""")
_OPENERS = _split("""
a an the he she it they we i you his her its their our this that these those there here but and or so
yet in on at for from with as by after before when while if although though however what who why how
where one two three some many most all no not police officials
""")
_MONTHS = _split("""
januar februar märz april mai juni juli august september oktober november dezember
""")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A slice of a text; not `complete` if its end was cut off or has no terminator."""

    text: str
    complete: bool


def split_sentences(text: str) -> list[Sentence]:
    """Return the sentences of a text in order, each an unchanged slice of the text."""
    slices, start = [], 0
    for match in _END.finditer(text):
        end = match.end()
        before = text[max(start, end - _CONTEXT_CHARACTERS) : end]
        if match.group().isspace() or _is_end(before, text[end : end + _CONTEXT_CHARACTERS]):
            slices.append(text[start:end].strip())
            start = end
    slices.append(text[start:].strip())
    return [Sentence(each, bool(_COMPLETE.search(each))) for each in slices if each]


def _is_end(before: str, rest: str) -> bool:
    """Whether the terminator at the end of `before` ends a sentence, given the text after it."""
    following = _NEXT_WORD.match(rest)
    after = following.group(1) if following else ""
    if after[:1].islower():
        return False
    if not (last := _LAST_WORD.search(before)):
        return True
    word = last.group(1)
    folded = word.lower().rstrip(".")
    if folded in _TITLES or (_DAY.fullmatch(word) and after.lower() in _MONTHS):
        return False
    if folded in _ABBREVIATIONS or _INITIALS.fullmatch(word):
        return not after or after.lower() in _OPENERS
    return True
