"""Long names of time zones, such as "Central European Summer Time", from Unicode CLDR."""

import zoneinfo
from collections import defaultdict
from datetime import UTC, datetime, timezone, tzinfo
from functools import lru_cache

from babel.core import get_global

from service.domain.text.date_forms.date_names import find_locale, fold

#: Every zone with daylight saving time observes it at one of these times.
_SEASONS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))


def find_zone_name(name: str, language: str) -> tzinfo | None:
    """Return the zone with this name in the language (primary subtag) or in English, or None."""
    folded = fold(name)
    return next((zone for code in (language, "en") if (zone := _names(code).get(folded))), None)


@lru_cache(maxsize=64)
def _names(code: str) -> dict[str, tzinfo]:
    locale = find_locale(code)
    names: dict[str, tzinfo] = {}
    for zone, keys in _keys_by_zone().items() if locale else ():
        long = locale.meta_zones.get(zone, {}).get("long", {}) if locale else {}
        for kind in ("standard", "daylight"):
            offset = _offset(keys, kind) if kind in long else None
            if offset is not None:
                names[fold(long[kind])] = offset
    if code == "en":
        names[fold("Coordinated Universal Time")] = UTC
    return names


def _offset(keys: list[str], kind: str) -> timezone | None:
    """The offset of standard or daylight saving time in the first place that has it."""
    for key in keys:
        for season in _SEASONS:
            at = season.astimezone(zoneinfo.ZoneInfo(key))
            offset = at.utcoffset()
            if offset is not None and bool(at.dst()) == (kind == "daylight"):
                return timezone(offset)
    return None


@lru_cache(maxsize=1)
def _keys_by_zone() -> dict[str, list[str]]:
    keys: dict[str, list[str]] = defaultdict(list)
    available = zoneinfo.available_timezones()
    for key, zone in get_global("meta_zones").items():
        if key in available:
            keys[zone].append(key)
    return keys
