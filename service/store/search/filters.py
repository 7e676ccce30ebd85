"""Filters of a search, as SQL conditions with named parameters.

Statements are cached per set of parameter names, so each function takes the names that are given.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, any_, bindparam, cast, exists, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.orm import Session

from service.domain.queries.conditions import (
    EVERYTHING,
    AnyOf,
    Between,
    Condition,
    Field,
    HasWords,
    Query,
)
from service.store.queries.reports import DOCUMENTS, report_conditions
from service.store.queries.stories import story_conditions
from service.store.search.compiled_search import CompiledSearch
from service.store.story_views.as_of import is_member, story_table, valid_at
from service.store.story_views.reports import LANGUAGE_CODE, was_known
from service.store.tables import (
    ArticleDocumentRow,
    ArticleRow,
    MembershipRow,
    OutletRow,
)

#: Names of the parameters that a search sets.
ParameterNames = frozenset[str]

QUERY = cast(bindparam("tsquery"), TSQUERY)
_EXCLUDED = cast(bindparam("excluded"), TSQUERY)
_OUTLETS, _LANGUAGES = (bindparam(name, type_=ARRAY(Text)) for name in ("outlets", "languages"))


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Conditions on reports; None and () mean no condition.

    `rest` has all others, and `as_of`.
    """

    since: datetime | None = None  #: reported then or later
    until: datetime | None = None  #: reported before
    outlets: tuple[str, ...] = ()  #: slugs
    languages: tuple[str, ...] = ()  #: ISO 639-1
    rest: Query = EVERYTHING

    @classmethod
    def of(cls, query: Query) -> "SearchFilter":
        """The conditions of a resolved query, except its first words, which are ranked."""
        values: dict[str, Any] = {}
        rest: list[Condition] = []
        for each in query.conditions:
            name = _NAMES.get(each.field) if isinstance(each, AnyOf) else None
            if isinstance(each, HasWords) and each.terms is query.words:
                continue
            if isinstance(each, AnyOf) and name and name not in values and not each.negated:
                values[name] = each.values
            elif _is_time(each):
                continue
            else:
                rest.append(each)
        since, until = query.bounds(Field.REPORTED)
        return cls(since, until, **values, rest=Query(tuple(rest), as_of=query.as_of))

    @property
    def has_rest(self) -> bool:
        """Whether there are conditions without named parameters."""
        return bool(self.rest.conditions) or self.rest.as_of is not None


_NAMES = {Field.OUTLET: "outlets", Field.LANGUAGE: "languages"}


def _is_time(condition: Condition) -> bool:
    if not isinstance(condition, Between) or condition.negated:
        return False
    return condition.field is Field.REPORTED


def parameters_for(search: CompiledSearch, filters: SearchFilter) -> dict[str, Any]:
    """Return the parameters of a search by name, without empty ones."""
    values = {
        "tsquery": search.tsquery,
        "excluded": search.excluded,
        "since": filters.since,
        "until": filters.until,
        "outlets": list(filters.outlets),
        "languages": list(filters.languages),
    }
    return {name: value for name, value in values.items() if value}


def matches(document: ColumnElement[Any], names: ParameterNames) -> Iterable[ColumnElement[bool]]:
    """Yield the conditions that a document matches the query and no excluded term."""
    yield document.op("@@", is_comparison=True)(QUERY)
    yield from excludes(document, names)


def excludes(document: ColumnElement[Any], names: ParameterNames) -> Iterable[ColumnElement[bool]]:
    """Yield the condition that a document matches no excluded term."""
    if "excluded" in names:
        yield ~document.op("@@", is_comparison=True)(_EXCLUDED)


def document_conditions(names: ParameterNames) -> Iterable[ColumnElement[bool]]:
    """Yield the filter's conditions on `ArticleDocumentRow`."""
    row = ArticleDocumentRow
    if "since" in names:
        yield row.reported_at >= bindparam("since")
    if "until" in names:
        yield row.reported_at < bindparam("until")
    if "outlets" in names:
        yield row.outlet_id.in_(select(OutletRow.id).where(OutletRow.slug == any_(_OUTLETS)))
    if "languages" in names:
        yield row.language == any_(_LANGUAGES)


def named_report_conditions(names: ParameterNames) -> Iterable[ColumnElement[bool]]:
    """Yield the filter's conditions on a report, as `has_report` takes them."""
    if "since" in names:
        yield ArticleRow.reported_at >= bindparam("since")
    if "until" in names:
        yield ArticleRow.reported_at < bindparam("until")
    if "outlets" in names:
        yield OutletRow.slug == any_(_OUTLETS)
    if "languages" in names:
        yield any_(_LANGUAGES) == LANGUAGE_CODE


def rest_conditions(session: Session, filters: SearchFilter) -> list[ColumnElement[bool]]:
    """The conditions of `filters.rest` on `ArticleDocumentRow`; at most one statement."""
    on_reports, on_stories = filters.rest.split()
    as_of = filters.rest.time
    story = story_table(as_of)
    conditions = list(report_conditions(session, on_reports, DOCUMENTS))
    if as_of is not None:
        in_time, is_known = was_known(as_of, ArticleDocumentRow.reported_at.expression)
        known = select(ArticleRow.id).where(is_known)
        conditions.append(in_time)
        conditions.append(exists(known.where(ArticleRow.id == ArticleDocumentRow.article_id)))
    if on_stories.conditions:
        # The limit keeps Postgres from reading the stories of all articles: few are checked.
        of_story = (
            select(literal(True))
            .select_from(MembershipRow)
            .join(story, story.id == MembershipRow.story_id)
            .where(MembershipRow.article_id == ArticleDocumentRow.article_id)
            .where(is_member(as_of), *valid_at(as_of))
            .where(*story_conditions(story, as_of, on_stories))
            .limit(1)
        )
        conditions.append(
            func.coalesce(of_story.correlate(ArticleDocumentRow).scalar_subquery(), False)
        )
    return conditions
