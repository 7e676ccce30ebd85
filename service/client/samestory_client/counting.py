"""Counts: `GET /v1/counts`, and totals and facets of lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from samestory_client.decoding import decode
from samestory_client.transport import Transport


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a dimension with its display name; None is unknown."""

    value: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Count:
    """A count with the start of its interval and its values of the requested dimensions."""

    count: int
    start: datetime | None = None
    outlet: Value | None = None
    family: Value | None = None
    country: Value | None = None
    language: Value | None = None
    type: Value | None = None
    storyline: Value | None = None
    entity: Value | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of the time from `since` to before `until`; `more` if there are further groups."""

    of: str
    since: datetime
    until: datetime
    total: int
    more: bool
    items: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """Number of items of a list; an estimate if it is not `exact`."""

    count: int
    exact: bool


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a dimension with its number of items; None is unknown."""

    value: str | None
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The most frequent values of a dimension; see `exact` in the API."""

    dimension: str
    values: tuple[FacetValue, ...]
    more: bool
    exact: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """Total and facets of a list."""

    total: Total
    facets: tuple[Facet, ...] = ()


class Counting:
    """Methods of the client for counts."""

    _transport: Transport

    def counts(
        self,
        of: Literal["articles", "stories", "first_reports"] = "articles",
        *,
        interval: Literal["minute", "hour", "day", "week", "month"] | None = None,
        time_zone: str | None = None,
        by: Sequence[str] = (),
        **filters: Any,
    ) -> Counts:
        """Counts of `GET /v1/counts`; `filters` are its further query parameters."""
        parameters = {"of": of, "interval": interval, "time_zone": time_zone}
        parameters["by"] = ",".join([by] if isinstance(by, str) else by) or None
        return decode(Counts, self._transport.get("/v1/counts", parameters | filters))

    def summary(
        self, kind: Literal["stories", "articles"], *, facets: Sequence[str] = (), **filters: Any
    ) -> Summary:
        """Total and facets of a list; `filters` are query parameters of the list."""
        names = ",".join([facets] if isinstance(facets, str) else facets) or None
        parameters = {"total": "true", "facets": names, "limit": 1, **filters}
        return decode(Summary, self._transport.get(f"/v1/{kind}", parameters))
