"""Figures that change during an event: deaths, injured, missing and evacuated people."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

#: Words of each kind of figure, in the languages of the catalogue with the most outlets.
_KINDS = {
    "deaths": r"dead|died|dies?|kill(?:s|ed|ing)?|deaths?|tolls?|fatalit\w{1,20}|bodies|lives|victims|"
    r"perished|muert[eo]s|fallecid[oa]s|morts?|tués?|tote[nr]?|todesopfer|getötet|mort[ie]|vittime|"
    r"mort[eo]s|vítimas|погиб\w{0,20}|жертв\w{0,20}|загин\w{0,20}|doden|zginęł\w{0,20}|ofiar\w{0,20}|öldü\w{0,20}|ölü\w{0,20}|کشته|"
    r"قتيل\w{0,20}|قتلى|وفيات|死亡|遇难|遇難|死者|ยอดผู้เสียชีวิต|เสียชีวิต",
    "injured": r"injur(?:ed|ies|es)|hurt|wounded|herid[oa]s|blessés?|verletzte?n?|feriti|ferid[oa]s|"
    r"ранен\w{0,20}|поранен\w{0,20}|gewonden|rannych|yaralı\w{0,20}|yaraland\w{0,20}|جريح\w{0,20}|مصاب\w{0,20}|受伤|負傷|けが|บาดเจ็บ",
    "missing": r"missing|unaccounted|desaparecid[oa]s|disparus?|vermisst\w{0,20}|dispersi|пропавш\w{0,20}|"
    r"vermisten|zaginion\w{0,20}|kayıp|مفقود\w{0,20}|失踪|失蹤|行方不明|สูญหาย",
    "evacuated": r"evacuat\w{1,20}|displaced|evacuad[oa]s|évacué\w{0,20}|evakuiert\w{0,20}|эвакуир\w{0,20}|疏散|避難",
}
_WORDS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NUMBER_WORDS = {word: value for value, word in enumerate(_WORDS)} | {
    word: 10 * (at + 2) for at, word in enumerate(_TENS)
}
_SPELLED = "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
_NUMBER = (
    r"(?<![\d$€£.,a-zа-я])"
    rf"(?P<number>\d{{1,3}}(?:[,.\u00a0\u202f]\d{{3}})+|\d{{1,6}}|(?:{_SPELLED})(?:-(?:{_SPELLED}))?)"
    r"(?!\d|[.,]\d|%|[a-zа-я])"
)
#: At most six words, or twelve characters without spaces, between a number and its kind.
_GAP = r"(?:(?:\s+(?!and\b)[^\s.,;\d]+){0,6}?\s+|[^\s\d.,;。；、，]{0,12}?)"
#: Words after which a number is an age, a year or another figure.
_OTHER_NUMBER = r"(?<!\baged )(?<!\bage )(?<!\bin )(?<!\bsince )(?<!\band )"
#: A toll and its number may be farther apart: "the toll in the valley of the river reached 130".
_TOLL = re.compile(rf"\btoll(?:\s+[^\s.;]+){{0,8}}?\s+{_OTHER_NUMBER}{_NUMBER}", re.IGNORECASE)
_PATTERNS = {
    kind: (
        re.compile(rf"{_NUMBER}{_GAP}(?:{words})(?![a-zа-я])", re.IGNORECASE),
        re.compile(rf"(?:{words}){_GAP}{_OTHER_NUMBER}(?<!\bat ){_NUMBER}", re.IGNORECASE),
    )
    for kind, words in _KINDS.items()
}
_NAMED = {
    kind: re.compile(rf"(?<![a-zа-я])(?:{words})(?![a-zа-я])", re.IGNORECASE)
    for kind, words in _KINDS.items()
}
#: Figures that differ by less than this share count as equal, such as "nearly 100" and 94.
_TOLERANCE = 0.08


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of people of one kind."""

    kind: str
    value: int


@dataclass(frozen=True, slots=True)
class DatedText:
    """The beginning of a report and the time of the report."""

    text: str
    at: datetime


class LatestFigures:
    """The latest figures of each kind in the reports of one event, with the time of the report."""

    def __init__(self, reports: Sequence[DatedText]) -> None:
        self._latest: dict[str, tuple[datetime, list[int]]] = {}
        self._changed: set[str] = set()
        for report in sorted(reports, key=lambda each: each.at):
            values: dict[str, list[int]] = {}
            for figure in find_figures(report.text):
                values.setdefault(figure.kind, []).append(figure.value)
            for kind, numbers in values.items():
                _, before = self._latest.get(kind, (report.at, numbers))
                if not any(_is_equal(one, other) for one in before for other in numbers):
                    self._changed.add(kind)
                self._latest[kind] = report.at, numbers

    def supersede(self, sentence: str, at: datetime) -> bool:
        """Whether a report after `at` has other figures than a sentence of a report at `at`."""
        for figure in find_figures(sentence):
            latest_at, values = self._latest.get(figure.kind, (at, [figure.value]))
            if latest_at > at and not any(_is_equal(figure.value, value) for value in values):
                return True
        return False

    def updates(self, sentence: str) -> bool:
        """Whether a sentence has the latest figure of a kind whose figures have changed."""
        return any(
            figure.kind in self._changed
            and any(_is_equal(figure.value, value) for value in self._latest[figure.kind][1])
            for figure in find_figures(sentence)
        )


def named_kinds(text: str) -> set[str]:
    """Return the kinds of figures that a text names, with or without a number."""
    return {kind for kind, words in _NAMED.items() if words.search(text)}


def find_figures(text: str) -> Iterator[Figure]:
    """Yield the figures of a text; a number has the kind named nearest after or before it."""
    text = unicodedata.normalize("NFKC", text)
    nearest: dict[int, tuple[int, Figure]] = {}
    patterns = [(kind, each) for kind, both in _PATTERNS.items() for each in both]
    for kind, pattern in [*patterns, ("deaths", _TOLL)]:
        for match in pattern.finditer(text):
            at, distance = match.start("number"), match.end() - match.start()
            figure = Figure(kind, _parse(match["number"].lower()))
            if at not in nearest or distance < nearest[at][0]:
                nearest[at] = distance, figure
    yield from (figure for _, figure in nearest.values())


def _parse(number: str) -> int:
    if number[0].isdigit():
        return int(re.sub(r"\D", "", number))
    return sum(_NUMBER_WORDS[part] for part in number.split("-"))


def _is_equal(one: int, other: int) -> bool:
    return abs(one - other) <= _TOLERANCE * max(one, other)
