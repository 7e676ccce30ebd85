"""Parsing of a subscriber's preferences from the text of a command, a form or an API request."""

from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from service.domain.locales.codes import country_code, language_code
from service.domain.subscribers.digests.schedule import DeliverySchedule
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.phrases import parse_phrase
from service.domain.text.nearest import suggest
from service.errors import BadInputError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFAULT_SCHEDULE = DeliverySchedule(ZoneInfo("UTC"), 7, frozenset(range(1, 8)))
DEFAULT_FILTERS = Filters(min_independent=2)
#: Fields of `Filters` given as comma-separated lists.
LIST_FIELDS = (
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
#: Lists of words, phrases or names.
WORD_FIELDS = frozenset({"words", "entities", "followed_words", "muted_words"})
_MAX_HOUR, _MAX_COVERAGE, _MAX_ITEMS, _MAX_LENGTH = 23, 1000, 200, 4000


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """Changes to a delivery schedule and filters, as text; None changes nothing."""

    time_zone: str | None = None
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

    def apply_to_schedule(self, current: DeliverySchedule) -> DeliverySchedule:
        """Return `current` with these changes.

        Raises:
            BadInputError: unknown time zone, invalid hour, or no valid day.
        """
        if self.hour is not None and not 0 <= self.hour <= _MAX_HOUR:
            raise BadInputError(f"Invalid hour {self.hour}: expected 0 to {_MAX_HOUR}")
        return DeliverySchedule(
            current.time_zone if self.time_zone is None else _parse_time_zone(self.time_zone),
            current.hour if self.hour is None else self.hour,
            current.days if self.days is None else _parse_days(self.days),
        )

    def apply_to_filters(self, current: Filters) -> Filters:
        """Return `current` with these changes; raises BadInputError for an invalid value."""
        given: dict[str, Any] = {
            name: parse_list(name, value)
            for name in LIST_FIELDS
            if (value := getattr(self, name)) is not None
        }
        if self.language is not None:
            given["language"] = language_code(self.language)
        if self.min_independent is not None:
            given["min_independent"] = validate_coverage(self.min_independent)
        return replace(current, **given)


def format_days(days: frozenset[int]) -> str:
    """Format ISO weekdays as `SubscriptionChange.days` takes them: `mon,tue`."""
    return ",".join(DAYS[day - 1] for day in sorted(days))


def _parse_time_zone(text: str) -> ZoneInfo:
    names = available_timezones()
    if text not in names or text in {"localtime", "Factory"}:  # these depend on the machine
        hint = suggest(text, dict.fromkeys(names, ""))
        raise BadInputError(f"Unknown time zone {text!r}: {hint}")
    return ZoneInfo(text)


def _parse_days(text: str) -> frozenset[int]:
    names = [name.strip().lower()[:3] for name in text.split(",") if name.strip()]
    if names == ["all"]:
        return frozenset(range(1, 8))
    if not names or not set(names) <= set(DAYS):
        raise BadInputError(
            f'Invalid days {text!r}: choose one or more of {", ".join(DAYS)}, or "all"'
        )
    return frozenset(DAYS.index(name) + 1 for name in names)


def validate_coverage(number: int) -> int:
    """Return a number of outlets; raises BadInputError if it is out of range."""
    if not 1 <= number <= _MAX_COVERAGE:
        raise BadInputError(
            f"Invalid minimum of independent outlets {number}: expected 1 to {_MAX_COVERAGE}"
        )
    return number


def parse_list(name: str, text: str) -> frozenset[str]:
    """Parse the comma-separated list of the field `name`; raises BadInputError."""
    label = name.replace("_", " ")
    if len(text) > _MAX_LENGTH or not text.replace("\n", " ").replace("\r", " ").isprintable():
        raise BadInputError(f"Invalid {label}: expected at most {_MAX_LENGTH} printable characters")
    items = [item.strip() for item in text.replace("\n", ",").split(",") if item.strip()]
    if len(items) > _MAX_ITEMS:
        raise BadInputError(f"Too many {label}: {len(items)}, expected at most {_MAX_ITEMS}")
    if name in WORD_FIELDS:
        return frozenset(parse_phrase(label, each) for each in items)
    if name == "languages":
        return frozenset(map(language_code, items))
    return frozenset(map(country_code, items) if name.endswith("countries") else items)
