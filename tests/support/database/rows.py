"""Row factory: inserts ORM rows with defaults for all columns that a test does not set."""

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from service.domain.stories.ranking import compute_rank
from service.store.articles import ids
from service.store.tables import (
    ArticleRow,
    Base,
    CopyRow,
    FamilyRow,
    FeedRow,
    MembershipRow,
    OutletRow,
    RunRow,
    StorylineRow,
    StoryRow,
    TransitionRow,
)

Row = TypeVar("Row", bound=Base)

#: Numbers of articles and feeds, unique across all `Rows`.
NUMBERS = itertools.count(1)

#: Default current time of tests.
NOW = datetime(2023, 4, 26, 6, 0, tzinfo=UTC)


class Rows:
    """Inserts rows into one session; each method flushes and returns the new row."""

    def __init__(self, session: Session, outlets: Iterable[OutletRow] = ()) -> None:
        """`outlets` are existing rows."""
        self.session = session
        self._outlets: dict[int, OutletRow] = {each.id: each for each in outlets}
        self._copies: set[int] = set()

    def outlet(self, slug: str, name: str = "", **values: Any) -> OutletRow:
        """Add an outlet and its family, by default a family with the same slug."""
        family = values.pop("family", slug)
        if self.session.get(FamilyRow, family) is None:
            self._add(FamilyRow(slug=family, name=family.title()))
        row = OutletRow(
            slug=slug, name=name or slug.title(), family=family, **_outlet_columns(values)
        )
        self._add(row)
        self._outlets[row.id] = row
        return row

    def feed(self, outlet: OutletRow, **values: Any) -> FeedRow:
        """Add a feed that was fetched successfully ten minutes ago."""
        number = next(NUMBERS)
        columns = {
            "outlet_id": outlet.id,
            "url": f"https://{outlet.slug}.example/feed-{number}.xml",
            "title": f"{outlet.name}: news",
            "site_url": None,
            "language": outlet.language,
            "next_fetch_at": NOW + timedelta(minutes=10),
            "last_fetched_at": NOW - timedelta(minutes=10),
            "last_success_at": NOW - timedelta(minutes=10),
            "created_at": NOW - timedelta(days=30),
        }
        return self._add(FeedRow(**columns | values))

    def article(
        self, outlet: OutletRow, title: str, *, at: datetime = NOW, **values: Any
    ) -> ArticleRow:
        """Add an article published at `at` and first seen five minutes later."""
        number = next(NUMBERS)
        columns: dict[str, Any] = {
            "id": ids.make_article_id(at, number),
            "url": f"https://{outlet.slug}.example/{number}",
            "feed_id": values.pop("feed_id", None) or self._feed_of(outlet),
            "title": title,
            "text": "",
            "body": "",
            "author": None,
            "language": outlet.language,
            "categories": [],
            "published": at,
            "claimed_date": at,
            "date_flag": "ok",
            "updated": None,
            "first_seen": at + timedelta(minutes=5),
            "reported_at": at,
            "content_hash": hashlib.blake2b(title.encode(), digest_size=16).digest(),
        }
        return self._add(ArticleRow(outlet_id=outlet.id, **columns | values))

    def copy(self, article: ArticleRow, original: ArticleRow, share: float = 0.97) -> CopyRow:
        """Mark an article as a copy; call it before the story is added."""
        self._copies.add(article.id)
        return self._add(
            CopyRow(
                article_id=article.id,
                original_id=original.id,
                share=share,
                valid_from=article.first_seen,
            )
        )

    def storyline(
        self, storyline_id: str, title: str, *, created_at: datetime = NOW
    ) -> StorylineRow:
        """Add a storyline without stories."""
        return self._add(StorylineRow(id=storyline_id, title=title, created_at=created_at))

    def story(self, story_id: str, members: Sequence[ArticleRow] = (), **values: Any) -> StoryRow:
        """Add a described story with memberships and its first transition."""
        columns = self.story_columns(story_id, members) | values
        columns.setdefault(
            "rank", compute_rank(columns["independent"], columns["last_reported_at"]).total
        )
        row = self._add(StoryRow(**columns))
        for article in members:
            self.membership(row, article)
        self.transition(row, "emerged", at=row.emerged_at, articles=members[:1])
        return row

    def story_columns(self, story_id: str, articles: Sequence[ArticleRow]) -> dict[str, Any]:
        """Compute the columns that the job `describe` would write for these members."""
        times = [article.reported_at for article in articles] or [NOW]
        outlets = [self._outlets[article.outlet_id] for article in articles]
        originals = [article for article in articles if article.id not in self._copies]
        return {
            "id": story_id,
            "slug": f"slug-of-{story_id}",
            "headline": articles[0].title if articles else "",
            "headline_article_id": articles[0].id if articles else None,
            "keywords": [],
            "languages": sorted({code for code in map(self._language, articles) if code}),
            "emerged_at": min(times),
            "changed_at": max(times),
            "described_at": max(times),
            "first_reported_at": min(times),
            "last_reported_at": max(times),
            "articles": len(articles),
            "coverage": len({outlet.slug for outlet in outlets}),
            "independent": len({self._outlets[each.outlet_id].family for each in originals}),
        }

    def _language(self, article: ArticleRow) -> str:
        language = article.language or self._outlets[article.outlet_id].language or ""
        return language.partition("-")[0].lower()

    def membership(self, story: StoryRow, article: ArticleRow, **values: Any) -> MembershipRow:
        """Add a current membership without a score, valid from when the article was first seen."""
        columns: dict[str, Any] = {"valid_from": article.first_seen, "score": None, "evidence": {}}
        return self._add(
            MembershipRow(article_id=article.id, story_id=story.id, **columns | values)
        )

    def transition(
        self, story: StoryRow, kind: str, *, articles: Sequence[ArticleRow] = (), **values: Any
    ) -> TransitionRow:
        """Add a transition of a story."""
        columns: dict[str, Any] = {
            "at": NOW,
            "cause": "place",
            "article_ids": [article.id for article in articles],
        }
        return self._add(TransitionRow(story_id=story.id, kind=kind, **columns | values))

    def run(self, job: str, **values: Any) -> RunRow:
        """Add a run of a job that succeeded a minute ago."""
        columns: dict[str, Any] = {
            "started_at": NOW - timedelta(seconds=62),
            "seconds": 2.0,
            "outcome": "done",
            "counts": {},
            "host": "here",
            "pid": 1,
        }
        return self._add(RunRow(job=job, **columns | values))

    def _feed_of(self, outlet: OutletRow) -> int:
        existing = self.session.query(FeedRow).filter_by(outlet_id=outlet.id).first()
        return (existing or self.feed(outlet)).id

    def _add(self, row: Row) -> Row:
        self.session.add(row)
        self.session.flush()
        return row


def _outlet_columns(values: dict[str, Any]) -> dict[str, Any]:
    return {"country": None, "language": "en", "agency": False, "sites": []} | values
