"""Boilerplate of articles: texts to examine, and the detected spans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from service.domain.articles.model import Article
from service.store.articles.articles import make_article, select_articles
from service.store.tables import ArticleRow, VectorRow


@dataclass(frozen=True, slots=True)
class ExaminedText:
    """An article with its whole text, and the spans stored as its boilerplate."""

    article: Article
    revision: int
    spans: Sequence[int]


def load_latest(session: Session, *, limit: int) -> list[ExaminedText]:
    """Load the latest articles, the newest first."""
    statement = select_articles().add_columns(ArticleRow.revision).order_by(None)
    rows = session.execute(statement.order_by(ArticleRow.id.desc()).limit(limit)).mappings()
    return [ExaminedText(make_article(row), row["revision"], row["boilerplate"]) for row in rows]


def save(session: Session, spans: Mapping[tuple[int, int], Sequence[int]]) -> None:
    """Store the spans by article id and revision; the articles are encoded and placed again.

    Articles that were revised in the meantime are skipped. Articles stay in their stories.
    """
    for (article_id, revision), values in sorted(spans.items()):
        changed = session.scalar(
            update(ArticleRow)
            .where(ArticleRow.id == article_id, ArticleRow.revision == revision)
            .values(boilerplate=list(values), stage="admitted")
            .returning(ArticleRow.id)
            .execution_options(synchronize_session=False)
        )
        if changed:
            session.execute(delete(VectorRow).where(VectorRow.article_id == article_id))
