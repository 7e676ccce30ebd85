"""Typed conditions on stories and reports; all lists and subscriptions use them as filters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from service.domain.search.search_terms import SearchTerms
from service.domain.search.time_expressions import end_of_day, is_relative, parse_time
from service.errors import BadInputError


class Field(StrEnum):
    """Property of a story or of its reports that a condition refers to."""

    ID = "id"
    OUTLET = "outlet"
    FAMILY = "family"
    COUNTRY = "country"
    LANGUAGE = "language"
    TYPE = "type"
    AGENCY = "agency"
    FIRST_OUTLET = "first_outlet"
    MISSING_OUTLET = "missing_outlet"
    ENTITY = "entity"
    KEYWORD = "keyword"
    HEADLINE = "headline"
    STORYLINE = "storyline"
    STATE = "state"
    COVERAGE = "coverage"
    INDEPENDENT = "independent"
    ARTICLES = "articles"
    COUNTRIES = "countries"
    LANGUAGES = "languages"
    VELOCITY = "velocity"
    FIRST_REPORTED = "first_reported"
    REPORTED = "reported"
    CHANGED = "changed"


#: Fields of single reports. In lists of articles, in search and in counts, they are conditions on
#: each report; the other fields are conditions on its story.
REPORT_FIELDS = frozenset(
    {Field.OUTLET, Field.FAMILY, Field.COUNTRY, Field.LANGUAGE, Field.TYPE, Field.REPORTED}
)
#: If the latest report is older than this, relative times count from it instead of from now.
LIVE_FOR = timedelta(hours=12)
#: Least cosine between the meaning of a query and a report of a change. In the sample feeds, with
#: the profile `multilingual`, reports of the event that a short text means have .30 to .47, other
#: reports on its topic up to .39, and the nearest reports to a topic without reports up to .26.
MIN_COSINE = 0.35
#: Fields whose values are times.
TIME_FIELDS = frozenset({Field.FIRST_REPORTED, Field.REPORTED, Field.CHANGED})


@dataclass(frozen=True, slots=True)
class RelativeTime:
    """A time that depends on the time of the query, such as `-24h`.

    With `is_end`, the end of the day that `text` denotes.
    """

    text: str
    is_end: bool = False

    def resolve(self, now: datetime) -> datetime:
        """The time in UTC; raises ValueError if it is out of range."""
        return end_of_day(self.text, now) if self.is_end else parse_time(self.text, now)


Bound = float | datetime | RelativeTime | None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field has one of the values; with `negated`, none of them.

    A story has an outlet, family, country, language or type if one of its reports has it.
    """

    field: Field
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """The field is in a range; None means no bound.

    `low` is included. `high` is included for numbers and excluded for times.
    """

    field: Field
    low: Bound = None
    high: Bound = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class HasWords:
    """The text of one report has all required terms, and no text has an excluded term.

    In a list of reports, the condition applies to the text of each report.
    """

    terms: SearchTerms


@dataclass(frozen=True, slots=True)
class HasReport:
    """The story has one of the articles, or the report is one of them."""

    articles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class IsSimilar:
    """A report of the story has a vector with a cosine of at least `MIN_COSINE`.

    It replaces the meaning of a query that selects changes.
    """

    vector: tuple[float, ...]  #: of unit length
    model: int | None  #: id of the model; None if no report has a vector of it


Condition = AnyOf | Between | HasWords | HasReport | IsSimilar


@dataclass(frozen=True, slots=True)
class Query:
    """Conditions; a story or report must satisfy all of them.

    `meaning` is a text to which a report must be similar: one of the hundred most similar reports
    in lists, a cosine of at least `MIN_COSINE` for changes, webhooks and alerts. `as_of` is a past
    time at which the conditions apply. The result of a query with relative times depends on the
    time of the request.
    """

    conditions: tuple[Condition, ...] = ()
    meaning: str = ""
    as_of: datetime | RelativeTime | None = None
    saved: tuple[str, ...] = ()  #: ids of saved queries that must match, too
    #: Values in the text of the query with their positions, from 1, for error messages.
    places: tuple[tuple[str, int], ...] = field(default=(), compare=False)

    def __and__(self, other: "Query") -> "Query":
        """A query that requires both queries to match.

        Raises:
            BadInputError: both have a meaning, or both have `as_of`, with different values.
        """
        for name in ("meaning", "as_of"):
            values = {getattr(self, name), getattr(other, name)} - {None, ""}
            if len(values) > 1:
                raise BadInputError(f"{name} is given twice with different values: leave one out")
        return Query(
            self.conditions + other.conditions,
            self.meaning or other.meaning,
            self.as_of or other.as_of,
            self.saved + other.saved,
            self.places + other.places,
        )

    @property
    def is_relative(self) -> bool:
        """Whether the query has relative times."""
        bounds = (
            bound
            for each in self.conditions
            if isinstance(each, Between)
            for bound in (each.low, each.high)
        )
        return any(isinstance(each, RelativeTime) for each in (self.as_of, *bounds))

    def resolve(self, now: datetime) -> "Query":
        """The query with absolute times only; raises ValueError if a time is out of range."""

        def at(bound: Bound) -> Bound:
            return bound.resolve(now) if isinstance(bound, RelativeTime) else bound

        resolved = (
            replace(each, low=at(each.low), high=at(each.high))
            if isinstance(each, Between)
            else each
            for each in self.conditions
        )
        as_of = self.as_of.resolve(now) if isinstance(self.as_of, RelativeTime) else self.as_of
        return replace(self, conditions=tuple(resolved), as_of=as_of)

    @property
    def time(self) -> datetime | None:
        """`as_of` of a resolved query."""
        return self.as_of if isinstance(self.as_of, datetime) else None

    @property
    def words(self) -> SearchTerms | None:
        """The first terms of the query."""
        return next((each.terms for each in self.conditions if isinstance(each, HasWords)), None)

    def values(self, field: Field) -> tuple[str, ...]:
        """All values of a field, including negated ones."""
        given = (
            each for each in self.conditions if isinstance(each, AnyOf) and each.field == field
        )
        return tuple(value for each in given for value in each.values)

    def bounds(self, field: Field) -> tuple[datetime | None, datetime | None]:
        """The narrowest bounds of a time field of a resolved query, without negated ranges."""
        ranges = [
            each
            for each in self.conditions
            if isinstance(each, Between) and each.field == field and not each.negated
        ]
        low = max((each.low for each in ranges if isinstance(each.low, datetime)), default=None)
        high = min((each.high for each in ranges if isinstance(each.high, datetime)), default=None)
        return low, high

    def split(self) -> tuple["Query", "Query"]:
        """Two queries: the conditions on reports, including words, and those on stories only."""
        return self._select(is_on_reports), self._select(lambda each: not is_on_reports(each))

    def _select(self, keep: Callable[[Condition], bool]) -> "Query":
        return replace(self, conditions=tuple(filter(keep, self.conditions)))


#: The query that matches everything.
EVERYTHING = Query()


def is_on_reports(condition: Condition) -> bool:
    """Whether a condition applies to single reports in lists of articles, search and counts."""
    if isinstance(condition, HasWords | HasReport):
        return True
    if isinstance(condition, IsSimilar):
        return False
    return condition.field in REPORT_FIELDS


def between_times(
    field: Field, since: datetime | None = None, until: datetime | None = None
) -> Query:
    """A query for a time from `since` to before `until`; None means no bound."""
    return Query((Between(field, since, until),)) if since or until else Query()


def any_of(field: Field, *values: str) -> Query:
    """A query for stories with one of the values."""
    return Query((AnyOf(field, values),))


def parse_bound(text: str) -> datetime | RelativeTime:
    """A time, or a relative time; raises ValueError if `text` is neither."""
    time = parse_time(text, datetime(2000, 1, 1, tzinfo=UTC))
    return RelativeTime(text.strip()) if is_relative(text) else time


def all_of(queries: Iterable[Query]) -> Query:
    """A query that requires all of the queries to match."""
    result = Query()
    for each in queries:
        result = result & each
    return result


def reference_time(now: datetime, latest_report: datetime | None) -> datetime:
    """The time from which relative times count.

    It is the time of the latest report if that is older than `LIVE_FOR`, otherwise now.
    """
    if latest_report is None or now - latest_report <= LIVE_FOR:
        return now
    return latest_report
