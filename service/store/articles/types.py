"""Types of articles: classification by the rule, and corrections by editors."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session

from service.domain.articles.article_types import ArticleType, classify
from service.domain.articles.entries import Draft
from service.domain.articles.model import Article
from service.domain.pairs.series import recurring_articles
from service.store.database.arrays import equals_any
from service.store.tables import ArticleRow, ConstraintRow, OutletRow

#: The type of an article for readers and for the grouping.
EFFECTIVE_TYPE: ColumnElement[str] = func.coalesce(ArticleRow.corrected_type, ArticleRow.type)


def is_report(article: type[ArticleRow]) -> ColumnElement[bool]:
    """Whether an article has the type report, the only one that can be the first of a story.

    A live page has the time at which it was opened, often before the event.
    """
    return func.coalesce(article.corrected_type, article.type) == ArticleType.REPORT


#: Headlines of an outlet are compared over this time: two instalments of a weekly column.
SPAN = timedelta(days=8)
#: Maximum characters of a text; the rule reads fewer.
MAX_CHARACTERS = 2000
#: Maximum number of an outlet's latest articles that are compared.
MAX_ARTICLES = 1000


@dataclass(frozen=True, slots=True)
class Classifiable:
    """The part of an article that its type depends on; `at` is its report time."""

    outlet_id: int
    title: str
    url: str
    text: str
    categories: Sequence[str]
    author: str
    at: datetime

    @classmethod
    def from_draft(cls, draft: Draft, outlet_id: int, at: datetime) -> "Classifiable":
        """Return the part of a draft; `at` is the report time of its article."""
        text = draft.text or draft.body
        return cls(outlet_id, draft.title, draft.url, text, draft.categories, draft.author, at)


def classify_new(
    session: Session, new: Sequence[Classifiable], *, now: datetime
) -> list[ArticleType]:
    """Return the type of each new or changed article by the rule; at most two statements.

    A headline recurs if its outlet repeats it on other days, in `new` or in the last `SPAN`.
    """
    if not new:
        return []
    outlet_ids = sorted({each.outlet_id for each in new})
    statement = (
        select(ArticleRow.outlet_id, ArticleRow.title, ArticleRow.reported_at)
        .where(equals_any(ArticleRow.outlet_id, outlet_ids), ArticleRow.reported_at >= now - SPAN)
        .order_by(ArticleRow.reported_at.desc())
        .limit(MAX_ARTICLES * len(outlet_ids))
    )
    stored = [(outlet, title, at) for outlet, title, at in session.execute(statement)]
    return _classify(session, new, stored)


def classify_recent(session: Session, outlet_id: int, *, now: datetime) -> dict[int, ArticleType]:
    """Classify the latest articles of an outlet again; returns the type of those with another one.

    A column is recognised by its second instalment, so the first one gets its type only now.
    Two statements.
    """
    columns = (ArticleRow.title, ArticleRow.url)
    text = func.left(
        func.coalesce(func.nullif(ArticleRow.text, ""), ArticleRow.body), MAX_CHARACTERS
    )
    statement = (
        select(ArticleRow.id, ArticleRow.type, *columns, text, ArticleRow.categories)
        .add_columns(func.coalesce(ArticleRow.author, ""), ArticleRow.reported_at)
        .where(ArticleRow.outlet_id == outlet_id, ArticleRow.reported_at >= now - SPAN)
        .order_by(ArticleRow.reported_at.desc())
        .limit(MAX_ARTICLES)
    )
    rows = session.execute(statement).all()
    types = _classify(session, [Classifiable(outlet_id, *row[2:]) for row in rows])
    return {row[0]: new for row, new in zip(rows, types, strict=True) if row[1] != new}


def save(session: Session, types: Mapping[int, ArticleType]) -> None:
    """Store the types of articles by the rule."""
    session.execute(update(ArticleRow), [{"id": key, "type": types[key]} for key in sorted(types)])


def find_storyless(session: Session, ids: Iterable[int]) -> set[int]:
    """Return the articles among these whose type does not join stories.

    An article that an editor linked to others is returned only if an editor set its type.
    """
    storyless = [each for each in ArticleType if not each.joins_stories]
    is_linked = exists().where(
        ConstraintRow.kind == "must_link",
        ConstraintRow.revoked_at.is_(None),
        or_(
            ConstraintRow.article_id == ArticleRow.id,
            ConstraintRow.other_article_id == ArticleRow.id,
        ),
    )
    statement = select(ArticleRow.id).where(
        equals_any(ArticleRow.id, ids),
        EFFECTIVE_TYPE.in_(storyless),
        or_(ArticleRow.corrected_type.is_not(None), ~is_linked),
    )
    return set(session.scalars(statement))


def get_type(session: Session, article_id: int) -> ArticleType | None:
    """Return the type of an article; None if it does not exist."""
    name = session.scalar(select(EFFECTIVE_TYPE).where(ArticleRow.id == article_id))
    return ArticleType(name) if name else None


def correct(session: Session, article_id: int, kind: ArticleType | None) -> None:
    """Set the type that an editor chose; None restores the type by the rule."""
    session.execute(
        update(ArticleRow)
        .where(ArticleRow.id == article_id)
        .values(corrected_type=kind)
        .execution_options(synchronize_session=False)
    )


def _classify(
    session: Session,
    articles: Sequence[Classifiable],
    others: Collection[tuple[int, str, datetime]] = (),
) -> list[ArticleType]:
    """Classify articles; `others` are outlet, title and report time of further ones."""
    own = [(each.outlet_id, each.title, each.at) for each in articles]
    recurring = recurring_articles(
        [
            Article(number, title, outlet=str(outlet), published=at)
            for number, (outlet, title, at) in enumerate([*own, *others])
        ]
    )
    outlets = {each.outlet_id for each in articles}
    statement = select(OutletRow.id, OutletRow.article_type).where(OutletRow.id.in_(outlets))
    type_of = dict(session.execute(statement).all())
    return [
        classify(
            each.title,
            each.url,
            categories=each.categories,
            text=each.text,
            author=each.author,
            outlet_type=ArticleType(name) if (name := type_of[each.outlet_id]) else None,
            recurring=bool(recurs),
        )
        for each, recurs in zip(articles, recurring[: len(own)], strict=True)
    ]
