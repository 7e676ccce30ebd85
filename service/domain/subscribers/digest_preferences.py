"""What a subscriber wants of the digest, read from the words of a command or a form."""

import difflib
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from service.domain.subscribers.digest_schedule import Rhythm
from service.domain.subscribers.digest_selection import Taste
from service.domain.text.codes import country_code, language_code
from service.errors import BadInputError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: What everybody gets who does not ask for anything else.
USUAL = (Rhythm(ZoneInfo("UTC"), 7, frozenset(range(1, 8))), Taste(min_independent=2))
#: Fields of a taste that are lists of words, separated by commas.
LISTS = (
    "languages",
    "followed_outlets",
    "muted_outlets",
    "followed_countries",
    "muted_countries",
    "followed_words",
    "muted_words",
    "followed_storylines",
    "muted_storylines",
)
_HOURS, _MOST_INDEPENDENT, _MOST_WORDS, _LONGEST = 24, 1000, 200, 4000


@dataclass(frozen=True, slots=True)
class Wishes:
    """Changes to a rhythm and a taste, as text; None leaves something as it is."""

    zone: str | None = None
    hour: int | None = None
    days: str | None = None
    language: str | None = None
    min_independent: int | None = None
    languages: str | None = None
    followed_outlets: str | None = None
    muted_outlets: str | None = None
    followed_countries: str | None = None
    muted_countries: str | None = None
    followed_words: str | None = None
    muted_words: str | None = None
    followed_storylines: str | None = None
    muted_storylines: str | None = None

    def rhythm(self, before: Rhythm) -> Rhythm:
        """A rhythm with these changes.

        Raises:
            BadInputError: a zone is unknown, an hour is none, or no day is left.
        """
        if self.hour is not None and not 0 <= self.hour < _HOURS:
            raise BadInputError(f"{self.hour} is no hour of a day; 0 to 23 are")
        return Rhythm(
            before.zone if self.zone is None else _zone(self.zone),
            before.hour if self.hour is None else self.hour,
            before.days if self.days is None else _days(self.days),
        )

    def taste(self, before: Taste) -> Taste:
        """A taste with these changes; BadInputError if one is out of range."""
        given: dict[str, Any] = {
            name: listed(name, value)
            for name in LISTS
            if (value := getattr(self, name)) is not None
        }
        if self.language is not None:
            given["language"] = language_code(self.language)
        if self.min_independent is not None:
            given["min_independent"] = coverage(self.min_independent)
        return replace(before, **given)


def told_days(days: frozenset[int]) -> str:
    """Days as `days` takes them: `mon,tue`."""
    return ",".join(DAYS[day - 1] for day in sorted(days))


def _zone(text: str) -> ZoneInfo:
    known = available_timezones()
    if text not in known:
        close = difflib.get_close_matches(text, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "names are like Europe/Berlin"
        raise BadInputError(f"no time zone {text!r}; {hint}")
    return ZoneInfo(text)


def _days(text: str) -> frozenset[int]:
    """Some of mon, tue … sun, or `all`."""
    words = [word.strip().lower()[:3] for word in text.split(",") if word.strip()]
    if words == ["all"]:
        return frozenset(range(1, 8))
    if not words or not set(words) <= set(DAYS):
        raise BadInputError(f"{text!r} are no days; write some of {','.join(DAYS)}, or all")
    return frozenset(DAYS.index(word) + 1 for word in words)


def coverage(number: int) -> int:
    """A number of outlets; BadInputError if it is none."""
    if not 1 <= number <= _MOST_INDEPENDENT:
        raise BadInputError(f"{number} is no number of outlets; 1 to {_MOST_INDEPENDENT} are")
    return number


def listed(name: str, text: str) -> frozenset[str]:
    """The words of a list, separated by commas, as a field of that name has them; BadInputError."""
    if len(text) > _LONGEST or not text.replace("\n", " ").replace("\r", " ").isprintable():
        raise BadInputError(
            f"{name.replace('_', ' ')} must be printable and under {_LONGEST} letters"
        )
    words = [word.strip() for word in text.replace("\n", ",").split(",") if word.strip()]
    if len(words) > _MOST_WORDS:
        raise BadInputError(f"{name.replace('_', ' ')} may be {_MOST_WORDS} at most")
    folded = [_fold(name, word) for word in words]
    return frozenset(folded)


def _fold(name: str, word: str) -> str:
    if name == "languages":
        return language_code(word)
    return country_code(word) if name.endswith("countries") else word
