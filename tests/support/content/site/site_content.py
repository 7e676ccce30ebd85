"""Invented database content for tests of API and pages.

The main story is the four-party meeting in Moscow on 25 April 2023, beside similar events.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.entities.gazetteer import Kind
from service.domain.entities.story_entities import Entity
from service.domain.stories.description import Details
from service.domain.stories.developments import Development
from service.domain.stories.pace import TimedReport, list_delays, measure_pace
from service.domain.stories.ranking import compute_rank
from service.domain.stories.wording.summary import Quote
from service.store.stories.details import to_json
from service.store.stories.surroundings import Surroundings, replace_surroundings
from service.store.tables import ArticleRow, OutletRow, StoryRow
from tests.support.content.site.texts import (
    COPIES,
    MEETING,
    MEETING_REPORTS,
    MERGED,
    OTHERS,
    OUTLETS,
    SIMILAR_EVENTS,
    STORYLINE,
    WORLD_NOW,
    Line,
)
from tests.support.database.rows import Rows


def fill(session: Session) -> None:
    """Insert all outlets, feeds, articles and stories."""
    content = _Content(session)
    meeting = content.meeting()
    content.rows.storyline(STORYLINE, "Rapprochement of Ankara and Damascus")
    meeting.storyline_id = STORYLINE
    for story_id, first, keywords, lines in SIMILAR_EVENTS:
        content.story(story_id, first, keywords, lines).storyline_id = STORYLINE
    for story_id, first, keywords, lines in OTHERS:
        content.story(story_id, first, keywords, lines)
    content.history(meeting)
    content.feeds_and_runs()
    content.surroundings()


class _Content:
    def __init__(self, session: Session) -> None:
        self.rows = Rows(session)
        self.outlets: dict[str, OutletRow] = {
            slug: self.rows.outlet(slug, name, country=country, language=language, family=family)
            for slug, name, country, language, family in OUTLETS
        }

        for outlet in self.outlets.values():
            self.feed(outlet)

    def feed(self, outlet: OutletRow, **values: Any) -> None:
        minutes = timedelta(minutes=4 + outlet.id)
        times = {
            "last_fetched_at": WORLD_NOW - minutes,
            "last_success_at": WORLD_NOW - minutes,
            "next_fetch_at": WORLD_NOW + minutes,
        }
        self.rows.feed(outlet, **times | values)

    def story(
        self, story_id: str, first: datetime, keywords: Sequence[str], lines: Sequence[Line]
    ) -> StoryRow:
        articles = self._articles(first, lines)
        self._mark_copies(articles)
        return self._story(story_id, articles, keywords)

    def meeting(self) -> StoryRow:
        articles = self._articles(datetime(2023, 4, 25, 11, 20, tzinfo=UTC), MEETING_REPORTS)
        for copy, (original, share) in COPIES.items():
            self.rows.copy(articles[copy], articles[original], share)
        articles[9].date_flag = "missing"
        articles[7].revision = 2
        keywords = ["Moscow", "Turkish troops", "withdrawal", "M4 motorway", "refugees"]
        meeting = self._story(MEETING, articles, keywords)
        meeting.details = to_json(self._details(articles))
        return meeting

    def history(self, meeting: StoryRow) -> None:
        merged = self.rows.story(
            MERGED,
            slug="talks",
            headline="Moscow hosts Syria and Turkey for rare four-way defence talks",
            state="merged",
            merged_into=meeting.id,
        )
        noon = datetime(2023, 4, 25, 11, 40, tzinfo=UTC)
        self.rows.transition(meeting, "grew", at=noon, article_ids=[1, 2])
        later = noon + timedelta(hours=2)
        self.rows.transition(meeting, "grew", at=later, cause="reconcile", article_ids=[2])
        self.rows.transition(
            merged, "merged", at=later, cause="reconcile", other_story_id=meeting.id
        )
        self.rows.transition(meeting, "grew", at=noon + timedelta(hours=6), article_ids=[1])
        self.rows.transition(meeting, "closed", at=noon + timedelta(days=7), cause="age")
        meeting.state = "closed"

    def feeds_and_runs(self) -> None:
        feed = self.feed
        ago = WORLD_NOW - timedelta(hours=7)
        feed(self.outlets["phare"], status="retired", error_kind="gone", error="410 Gone")
        feed(
            self.outlets["ledger"],
            url="https://reader:secret@ledger.example/a/very/long/path/to/the/newest/news.xml",
            error_count=4,
            error_kind="bad_status",
            error="the server answered 503 Service Unavailable",
            last_success_at=ago,
        )
        feed(self.outlets["cedar"], last_fetched_at=None, last_success_at=None)
        feed(self.outlets["kurier"], status="paused")
        for job in ("fetch", "place", "reconcile", "describe"):
            self.rows.run(job, started_at=WORLD_NOW - timedelta(minutes=3), counts={"articles": 9})

    def surroundings(self) -> None:
        """Places on the map, and absent outlets, as the job `link` would store them."""
        stories = self.rows.session.scalars(
            select(StoryRow).where(StoryRow.coverage > 1, StoryRow.state != "merged")
        ).all()
        replace_surroundings(
            self.rows.session,
            {
                story.id: Surroundings(
                    (0.1 + number * 0.8 / len(stories), 0.5), ("kurier", "ledger")
                )
                for number, story in enumerate(stories)
            },
        )

    def _articles(self, first: datetime, lines: Sequence[Line]) -> list[ArticleRow]:
        return [
            self.rows.article(
                self.outlets[slug], title, at=first + timedelta(minutes=minutes), text=lead
            )
            for slug, minutes, title, lead in lines
        ]

    def _details(self, articles: Sequence[ArticleRow]) -> Details:
        """Build story details from the articles, as the job `describe` would."""
        slugs = {outlet.id: slug for slug, outlet in self.outlets.items()}
        with_outlets = [(each, slugs[each.outlet_id]) for each in articles]
        reports = [TimedReport(slug, each.reported_at) for each, slug in with_outlets]
        return Details(
            summary=tuple(
                Quote(each.id, slug, each.text, complete=True) for each, slug in with_outlets[:4]
            ),
            entities=(
                Entity("Hulusi Akar", Kind.PERSON, 3),
                Entity("Moscow", Kind.PLACE, 9),
                Entity("Ministry of Defence", Kind.ORGANISATION, 2),
            ),
            developments=tuple(
                Development(each.id, slug, each.reported_at, each.title, 1 + number)
                for number, (each, slug) in enumerate(with_outlets[:5])
            ),
            pace=measure_pace(reports),
            delays=tuple(list_delays(reports)),
            rank=compute_rank(7, reports[-1].at),
        )

    def _mark_copies(self, articles: Sequence[ArticleRow]) -> None:
        """Mark articles with the title of an earlier one as its copies."""
        first: dict[str, ArticleRow] = {}
        for article in articles:
            original = first.setdefault(article.title, article)
            if original is not article:
                self.rows.copy(article, original)

    def _story(
        self, story_id: str, articles: Sequence[ArticleRow], keywords: Sequence[str]
    ) -> StoryRow:
        values = self.rows.story_columns("", articles) | {
            "keywords": list(keywords),
            "slug": "-".join(articles[0].title.lower().split()[:6]),
        }
        del values["id"]
        story = self.rows.story(story_id, articles[:1], **values)
        for number, article in enumerate(articles[1:], start=1):
            evidence = _evidence(articles[number - 1], articles[0], 0.97 - number * 0.03)
            self.rows.membership(story, article, score=evidence["score"], evidence=evidence)
        return story


def _evidence(near: ArticleRow, far: ArticleRow, score: float) -> Mapping[str, Any]:
    contributions = {"dense": 0.41, "title": 0.27, "body": 0.18, "body_sqrt": 0.05, "time": -0.04}
    return {
        "score": round(score, 2),
        "nearest": [
            {"article": near.id, "score": round(score + 0.02, 2), "contributions": contributions},
            {"article": far.id, "score": round(score - 0.05, 2), "contributions": {"title": 0.3}},
        ],
        "next": {"story": "moscow-2022-12-28", "score": 0.21},
    }
