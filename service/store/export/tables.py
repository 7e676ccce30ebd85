"""Tables of a dump: their columns with SQL, type and description. Hidden data is omitted."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import aliased

from service.store.articles.types import EFFECTIVE_TYPE
from service.store.story_views.as_of import is_copy_at
from service.store.story_views.history import is_visible
from service.store.story_views.reports import LANGUAGE, is_hidden
from service.store.tables import (
    ArticleRow,
    CopyRow,
    MembershipRow,
    OutletRow,
    StorylineRow,
    StoryRow,
    TransitionRow,
)

#: Characters of a lead that are exported, as in the API.
EXCERPT_CHARACTERS = 300

ColumnType = Literal["int64", "double", "string", "timestamp", "list<string>", "list<int64>"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; times are in UTC."""

    name: str
    type: ColumnType
    description: str
    value: Any  #: SQL expression


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a dump; `source` selects from all tables that the columns need."""

    name: str
    description: str
    columns: tuple[Column, ...]
    source: Select[*tuple[Any, ...]]

    def statement(self) -> Select[*tuple[Any, ...]]:
        """The SELECT of all rows."""
        return self.source.with_only_columns(*(column.value for column in self.columns))


_STORY = aliased(StoryRow)
_IN_VISIBLE_STORY = exists().where(_STORY.id == MembershipRow.story_id, ~_STORY.hidden)
_IN_HIDDEN_STORY = exists().where(
    MembershipRow.article_id == ArticleRow.id,
    MembershipRow.valid_until.is_(None),
    _STORY.id == MembershipRow.story_id,
    _STORY.hidden,
)
_CURRENT_STORY = (
    select(MembershipRow.story_id)
    .where(MembershipRow.article_id == ArticleRow.id, MembershipRow.valid_until.is_(None))
    .correlate(ArticleRow)
    .scalar_subquery()
)

ARTICLES = Table(
    "articles",
    "Articles in their latest revision, oldest id first.",
    (
        Column("id", "int64", "Id of the article.", ArticleRow.id),
        Column("url", "string", "URL at the outlet.", ArticleRow.url),
        Column("title", "string", "Title.", ArticleRow.title),
        Column(
            "excerpt",
            "string",
            f"First {EXCERPT_CHARACTERS} characters of the lead.",
            func.left(ArticleRow.text, EXCERPT_CHARACTERS),
        ),
        Column("outlet", "string", "Slug of the outlet.", OutletRow.slug),
        Column("family", "string", "Slug of the publisher family.", OutletRow.family),
        Column("country", "string", "ISO 3166-1 code of the outlet's country.", OutletRow.country),
        Column("language", "string", "ISO 639 code, or the outlet's language.", LANGUAGE),
        Column("type", "string", "Type of the article, such as report.", EFFECTIVE_TYPE),
        Column("author", "string", "Author in the feed.", ArticleRow.author),
        Column("published", "timestamp", "Trusted publication time.", ArticleRow.published),
        Column(
            "date_precision",
            "string",
            "Precision of published: minute or day.",
            ArticleRow.date_precision,
        ),
        Column("date_flag", "string", "Validity of the publication time.", ArticleRow.date_flag),
        Column("reported_at", "timestamp", "Time of the report.", ArticleRow.reported_at),
        Column("first_seen", "timestamp", "Time of the first fetch.", ArticleRow.first_seen),
        Column("revision", "int64", "Number of the latest version.", ArticleRow.revision),
        Column("copy_of", "int64", "Id of the original of a copy.", CopyRow.original_id),
        Column("story_id", "string", "Id of the current story.", _CURRENT_STORY),
    ),
    select(ArticleRow.id)
    .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
    .outerjoin(CopyRow, is_copy_at(None))
    .where(~is_hidden(ArticleRow.id), ~_IN_HIDDEN_STORY)
    .order_by(ArticleRow.id),
)
STORIES = Table(
    "stories",
    "Stories in their current state, merged ones included.",
    (
        Column("id", "string", "Id of the story.", StoryRow.id),
        Column("state", "string", "open, closed or merged.", StoryRow.state),
        Column(
            "merged_into", "string", "Story that this one was merged into.", StoryRow.merged_into
        ),
        Column(
            "split_from", "string", "Story from which this one was split off.", StoryRow.split_from
        ),
        Column("headline", "string", "Headline.", StoryRow.headline),
        Column("keywords", "list<string>", "Keywords, best first.", StoryRow.keywords),
        Column("languages", "list<string>", "ISO 639 codes of the articles.", StoryRow.languages),
        Column("emerged_at", "timestamp", "Time of the creation.", StoryRow.emerged_at),
        Column("changed_at", "timestamp", "Time of the last change.", StoryRow.changed_at),
        Column(
            "first_reported_at",
            "timestamp",
            "Time of the first report.",
            StoryRow.first_reported_at,
        ),
        Column(
            "last_reported_at", "timestamp", "Time of the last report.", StoryRow.last_reported_at
        ),
        Column("articles", "int64", "Number of articles.", StoryRow.articles),
        Column("coverage", "int64", "Number of outlets.", StoryRow.coverage),
        Column("independent", "int64", "Independent coverage.", StoryRow.independent),
        Column("rank", "double", "Score for the order rank, in hours.", StoryRow.rank),
        Column("storyline_id", "string", "Id of the storyline.", StoryRow.storyline_id),
        Column("storyline_title", "string", "Title of the storyline.", StorylineRow.title),
    ),
    select(StoryRow.id)
    .outerjoin(StorylineRow, StorylineRow.id == StoryRow.storyline_id)
    .where(~StoryRow.hidden)
    .order_by(StoryRow.id),
)
MEMBERSHIPS = Table(
    "memberships",
    "Periods in which articles belong to stories, former ones included.",
    (
        Column("article_id", "int64", "Id of the article.", MembershipRow.article_id),
        Column("story_id", "string", "Id of the story.", MembershipRow.story_id),
        Column("valid_from", "timestamp", "Start of the period.", MembershipRow.valid_from),
        Column("valid_until", "timestamp", "End; null if current.", MembershipRow.valid_until),
        Column("score", "double", "Mean probability with the story.", MembershipRow.score),
    ),
    select(MembershipRow.id)
    .where(~is_hidden(MembershipRow.article_id), _IN_VISIBLE_STORY)
    .order_by(MembershipRow.id),
)
TRANSITIONS = Table(
    "transitions",
    "Changes of stories, in order. Hidden stories have only the change hidden.",
    (
        Column("id", "int64", "Number of the change.", TransitionRow.id),
        Column("story_id", "string", "Id of the story.", TransitionRow.story_id),
        Column("kind", "string", "Kind of the change, such as grew.", TransitionRow.kind),
        Column("at", "timestamp", "Time of the change.", TransitionRow.at),
        Column("cause", "string", "place, reconcile, editor or age.", TransitionRow.cause),
        Column(
            "other_story_id", "string", "Other story of the change.", TransitionRow.other_story_id
        ),
        Column("article_ids", "list<int64>", "Articles of the change.", TransitionRow.article_ids),
    ),
    select(TransitionRow.id).where(is_visible()).order_by(TransitionRow.id),
)
TABLES = (ARTICLES, STORIES, MEMBERSHIPS, TRANSITIONS)
