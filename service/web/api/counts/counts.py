"""`/v1/counts`: articles, stories and first reports over time and by dimension."""

from collections.abc import Collection, Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from pydantic import Field as ModelField
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension, Unit
from service.domain.counts.intervals import Interval
from service.domain.queries.conditions import Field
from service.store.catalogue.known_names import require_known_ids
from service.store.counts import counts
from service.store.counts.dimensions import load_names
from service.web.api.counts.list_summary import ValueOut
from service.web.api.counts.query import CountQuery, complete_period
from service.web.middleware.etags import ETagSession
from service.web.rendering.schemas import Timestamp
from service.web.requests.parameters.queries import read_query
from service.web.requests.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/counts", tags=["counts"], responses=PROBLEM_RESPONSES)


class CountOut(BaseModel):
    """A count, with the start of its interval and its value of each dimension of `by`."""

    start: str | None = ModelField(
        default=None,
        description="Start of the interval in the time zone (ISO 8601 with offset). Only with "
        "`interval`.",
        examples=["2026-11-02T00:00:00+01:00"],
    )
    outlet: ValueOut | None = ModelField(default=None, description="Only with `by=outlet`.")
    family: ValueOut | None = ModelField(default=None, description="Only with `by=family`.")
    country: ValueOut | None = ModelField(default=None, description="Only with `by=country`.")
    language: ValueOut | None = ModelField(default=None, description="Only with `by=language`.")
    type: ValueOut | None = ModelField(default=None, description="Only with `by=type`.")
    storyline: ValueOut | None = ModelField(default=None, description="Only with `by=storyline`.")
    entity: ValueOut | None = ModelField(default=None, description="Only with `by=entity`.")
    count: int


class CountsOut(BaseModel):
    """Counts in chronological order, then the largest group first."""

    of: Unit
    since: Timestamp = ModelField(description="Start of the counted time.")
    until: Timestamp = ModelField(description="End of the counted time; not included.")
    time_zone: str
    interval: Interval | None
    by: list[Dimension]
    total: int = ModelField(
        description="Number of all articles, stories or first reports. Each is counted once, even "
        "if it is in several groups."
    )
    more: bool = ModelField(description="Whether there are groups beyond `limit`.")
    items: list[CountOut] = ModelField(
        description="Without `by`, one count for each interval, including zeros. With `by`, only "
        "counts above 0."
    )


@router.get("", response_model=CountsOut)
def count(
    request: Request, session: ETagSession, query: Annotated[CountQuery, Query()]
) -> Response:
    """Count articles, stories or first reports, over time and by one or two dimensions.

    All filters of the lists of stories and articles apply. Hidden articles and stories are not
    counted. Counts are exact. The number of intervals is limited to 1,500, and the number of
    intervals times `limit` to 10,000.
    """
    require_known_ids(session, story=query.story, feed=query.feed)
    resolved = read_query(request, session, query.parsed)
    since, until = complete_period(session, *resolved.bounds(Field.REPORTED))
    by, starts = query.dimensions, query.starts(since, until)
    filters = query.filter(resolved, since, until)
    groups, cells = counts.load_counts(
        session, filters, query.of, by, starts=starts, limit=query.limit
    )
    zone = ZoneInfo(query.time_zone)
    values = _values(session, by, groups.counts)
    begin = [{"start": start.astimezone(zone).isoformat()} for start in starts] or [{}]
    content = CountsOut(
        of=query.of,
        since=since,
        until=until,
        time_zone=query.time_zone,
        interval=query.interval,
        by=by,
        total=groups.total,
        more=groups.more,
        items=[
            CountOut.model_validate({**begin[index], **values.get(keys, {}), "count": number})
            for (index, keys), number in cells.items()
        ],
    )
    # Omits only the start and the dimensions that were not requested.
    return Response(content.model_dump_json(exclude_unset=True), media_type="application/json")


def _values(
    session: Session, by: Sequence[Dimension], groups: Collection[counts.Keys]
) -> dict[counts.Keys, dict[str, ValueOut]]:
    """The value of each dimension with its name, by group; at most one statement per dimension."""
    names = [
        load_names(session, dimension, {keys[index] for keys in groups})
        for index, dimension in enumerate(by)
    ]
    return {
        keys: {
            dimension: ValueOut.of(dimension, value, names_of)
            for dimension, value, names_of in zip(by, keys, names, strict=True)
        }
        for keys in groups
    }
