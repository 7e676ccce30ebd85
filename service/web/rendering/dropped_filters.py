"""Explanation of an empty list: the filters whose removal gives results, the range of the data."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.domain.locales.names import country_name, language_name
from service.domain.queries.conditions import Between, Query
from service.store.counts.time_range import find_time_range
from service.store.counts.totals import Total
from service.web.rendering.pages import page_url
from service.web.rendering.templates import date_time

#: Names of the filters of all lists.
LABELS = {
    "q": "the search text",
    "name": "the name",
    "country": "the country",
    "language": "the language",
    "family": "the owner",
    "kind": "the kind",
    "outlet": "the outlet",
    "storyline": "the storyline",
    "entity": "the person, place or organisation",
    "keyword": "the keyword",
    "type": "the type",
    "since": "the start",
    "until": "the end",
    "changed_since": "the time of the change",
    "min_independent": "the independent coverage",
    "min_coverage": "the coverage",
    "state": "the state",
    "as_of": "the past time",
    "id": "the ids",
}
_NAMES: Mapping[str, Callable[[str], str]] = {
    "country": country_name,
    "language": language_name,
    "min_independent": "{} or more".format,
    "min_coverage": "{} or more".format,
}


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """A filter of a list, its values, and the address of the list without it."""

    label: str
    values: str
    url: str


@dataclass(frozen=True, slots=True)
class DroppedFilter:
    """A filter, its values, the address of the list without it, and the number of results there."""

    label: str
    values: str
    url: str
    total: Total


def list_active_filters(
    path: str, given: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]
) -> list[ActiveFilter]:
    """The filters of a list; `names` are the display names of values by parameter."""
    return [
        ActiveFilter(
            LABELS[name].removeprefix("the "),
            ", ".join(
                names.get(name, {}).get(each) or _name_of(name, each) for each in _texts(value)
            ),
            page_url(path, {other: each for other, each in given.items() if other != name}),
        )
        for name, value in given.items()
        if name in LABELS
    ]


def suggest_dropped_filters(
    path: str, given: Mapping[str, Any], count: Callable[[Mapping[str, Any]], Total]
) -> list[DroppedFilter]:
    """The filters without which the list is not empty, the one with the most results first.

    `given` are the parameters of the list; those without a label are not filters. `count` counts
    the results for other parameters.
    """
    with_results = [each for each in _drop_each(path, given, count) if each.total.count]
    return sorted(with_results, key=lambda each: -each.total.count)


def _drop_each(
    path: str, given: Mapping[str, Any], count: Callable[[Mapping[str, Any]], Total]
) -> Iterator[DroppedFilter]:
    for name, value in given.items():
        if name in LABELS:
            rest = {other: each for other, each in given.items() if other != name}
            shown = ", ".join(_name_of(name, each) for each in _texts(value))
            yield DroppedFilter(LABELS[name], shown, page_url(path, rest), count(rest))


def _texts(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value])]


def _name_of(name: str, value: str) -> str:
    return _NAMES.get(name, str)(value)


def explain_time_range(session: Session, query: Query) -> str:
    """Sentence about a query for a period without any data; empty if the data overlap it.

    A past state (`as_of`) is a period until that time. Relative times have no explanation.
    """
    bounds = [each for each in query.conditions if isinstance(each, Between)]
    lows = [each.low for each in bounds if isinstance(each.low, datetime)]
    highs = [each.high for each in bounds if isinstance(each.high, datetime)]
    if isinstance(query.as_of, datetime):
        highs.append(query.as_of)
    data = find_time_range(session) if lows or highs else None
    if data is None or (
        all(low <= data[1] for low in lows) and all(high > data[0] for high in highs)
    ):
        return ""
    return (
        f"The chosen time is outside of the data: the first report is of {date_time(data[0])}, "
        f"the last one of {date_time(data[1])}."
    )
