"""Query parameters of `/v1/counts`."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension, Unit
from service.domain.counts.intervals import Interval, interval_starts
from service.domain.field_types import ArticleTypes, ShortText
from service.domain.queries import conditions
from service.domain.queries.conditions import Query, between_times
from service.domain.queries.parameters import QueryTime
from service.domain.search.time_expressions import load_zone
from service.domain.stories.filters import PastStoryFilter, read_parameters
from service.domain.text.nearest import suggest
from service.errors import BadInputError
from service.store.articles.views import ArticleFilter
from service.store.counts.latest_report import find_latest_report
from service.web.api.counts.list_summary import DIMENSIONS
from service.web.requests.parameters.fields import Names, split_names, validate_names
from service.web.requests.parameters.types import BigInt

#: Default end of the period if there are no articles.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Length of a period without `since`.
DEFAULT_SPAN = timedelta(days=30)
#: Maximum number of intervals times groups.
MAX_COUNTS = 10_000
MAX_DIMENSIONS = 2


def _check_time_zone(name: str) -> str:
    try:
        load_zone(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        hint = suggest(name, dict.fromkeys(available_timezones(), ""))
        raise ValueError(
            f"Unknown time zone {name!r}: use an IANA name such as Europe/Berlin; {hint}"
        ) from error
    return name


class CountQuery(PastStoryFilter):
    """Query parameters of counts: unit, groups and conditions.

    Conditions on time, outlets and languages apply to each report.
    """

    of: Unit = Field(
        default=Unit.ARTICLES,
        description="`articles`; `stories` with a matching report; or `first_reports`, the "
        "articles that are certainly the first report of their story.",
    )
    interval: Interval | None = Field(
        default=None,
        description="Length of the time intervals. Default: one interval for the whole period.",
        examples=["day"],
    )
    time_zone: Annotated[ShortText, AfterValidator(_check_time_zone)] = Field(
        default="UTC",
        description="IANA name of the time zone in which intervals begin.",
        examples=["Europe/Berlin"],
    )
    by: Annotated[Names, validate_names(Dimension)] | None = Field(
        default=None,
        description=f"One or two comma-separated dimensions, from this list: {DIMENSIONS}. "
        "Default: none.",
        examples=["country"],
    )
    since: QueryTime | None = Field(
        default=None,
        description="Only reports at this time or later. Default: 30 days before `until`.",
    )
    until: QueryTime | None = Field(
        default=None,
        description="Only reports before this time. Default: the end of the latest report's minute.",
    )
    type: ArticleTypes = Field(default=[], description="Types of articles; matches any of them.")
    copies: bool | None = Field(
        default=None, description="True: only copies. False: no copies. Default: both."
    )
    story: ShortText | None = Field(default=None, description="Id of a story; only its articles.")
    feed: BigInt | None = Field(default=None, description="Id of a feed; only its articles.")
    limit: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=100, description="Maximum number of groups, the largest first."
    )

    @property
    def dimensions(self) -> list[Dimension]:
        """The requested dimensions, each once."""
        return [Dimension(name) for name in split_names(self.by)]

    @property
    def parsed(self) -> Query:
        """The query to which the parameters are equivalent."""
        return super().parsed & read_parameters(self, ("type",))

    def filter(self, query: Query, since: datetime, until: datetime) -> ArticleFilter:
        """The conditions of `query`, limited to reports from `since` to before `until`."""
        return ArticleFilter(
            query & between_times(conditions.Field.REPORTED, since, until),
            story=self.story,
            feed=self.feed,
            copies=self.copies,
        )

    def starts(self, since: datetime, until: datetime) -> list[datetime]:
        """The starts of the intervals; empty without an interval.

        Raises:
            BadInputError: there are too many intervals, groups or dimensions.
        """
        if len(self.dimensions) > MAX_DIMENSIONS:
            raise BadInputError(f"More than {MAX_DIMENSIONS} dimensions in by: name one or two")
        if self.interval is None:
            return []
        starts = interval_starts(self.interval, since, until, ZoneInfo(self.time_zone))
        if self.dimensions and len(starts) * self.limit > MAX_COUNTS:
            raise BadInputError(
                f"{len(starts)} intervals times limit={self.limit} are more than {MAX_COUNTS:,} "
                "counts: use a longer interval, a later since or a smaller limit"
            )
        return starts


def complete_period(
    session: Session, since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime]:
    """A period in which missing ends have their defaults; at most one statement.

    By default, it ends with the minute of the latest article, and begins 30 days earlier.

    Raises:
        BadInputError: it ends before it begins, or is out of range.
    """
    try:
        if until is None:
            latest = find_latest_report(session) or since or EPOCH
            until = latest.replace(second=0, microsecond=0) + timedelta(minutes=1)
        since = since or until - DEFAULT_SPAN
    except OverflowError as error:
        raise BadInputError("Time out of range: add since and until") from error
    if since >= until:
        raise BadInputError(
            f"The period is empty: since ({since.isoformat()}) must be before until "
            f"({until.isoformat()})"
        )
    return since, until
