"""Stories that raise questions at the desk: an uncertain article, a merge, a split, three types."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.tables import ArticleRow, OutletRow, StoryRow
from tests.support.database.rows import Rows

FERRY, PIER = "accident", "pier"
FERRY_TITLES = (
    "Ferry strikes pier in harbour", "Ferry hits pier, four hurt",
    "Harbour closed after ferry accident", "Harbour master resigns over ferry",
    "Ferry company raises prices", "Prices for ferries up 8 percent",
)  # fmt: skip
PIER_TITLES = ("Four hurt at the pier", "Pier accident: captain questioned")


class OpenQuestions:
    """Adds the stories; `articles` are those of the ferry, `pier` those of the pier."""

    def __init__(self, session: Session, now: datetime, prefix: str = "") -> None:
        outlets = list(session.scalars(select(OutletRow).order_by(OutletRow.id)))
        self._rows = Rows(session, outlets)
        at = now - timedelta(hours=5)

        def write(number: int, title: str) -> ArticleRow:
            outlet = outlets[number % len(outlets)]
            text = f"{title} on Tuesday, officials said."
            return self._rows.article(outlet, title, at=at + timedelta(minutes=number), text=text)

        self.articles = [write(number, title) for number, title in enumerate(FERRY_TITLES)]
        self.pier = [write(number, title) for number, title in enumerate(PIER_TITLES)]
        ferry = self._rows.story(prefix + FERRY, self.articles[:1])
        pier = self._rows.story(prefix + PIER, self.pier[:1])
        articles, next_story = self.articles, prefix + PIER
        self._join(ferry, articles[1], 0.93, (articles[0], 0.95), (next_story, 0.41))
        self._join(ferry, articles[2], 0.71, (articles[0], 0.8))
        self._join(ferry, articles[3], 0.38, (articles[2], 0.45), (next_story, 0.22))
        self._join(ferry, articles[4], 0.31, (articles[0], 0.35))
        self._join(ferry, articles[5], 0.33, (articles[4], 0.9))
        self._join(pier, self.pier[1], 0.8, (self.pier[0], 0.8))
        for story, members in ((ferry, self.articles), (pier, self.pier)):
            columns = self._rows.story_columns(story.id, members)
            for name in ("articles", "coverage", "independent", "last_reported_at"):
                setattr(story, name, columns[name])
        self.typed = [write(6 + number, f"{kind} of the week") for number, kind in
                      enumerate(("Pictures", "Briefing", "Opinion"))]  # fmt: skip
        for article, kind in zip(self.typed, ("media", "roundup", "opinion"), strict=True):
            article.type = kind
        session.flush()

    def _join(
        self,
        story: StoryRow,
        article: ArticleRow,
        score: float,
        near: tuple[ArticleRow, float],
        alternative: tuple[str, float] | None = None,
    ) -> None:
        evidence: dict[str, object] = {
            "score": score,
            "nearest": [{"article": near[0].id, "score": near[1], "contributions": {}}],
        }
        if alternative:
            evidence["next"] = {"story": alternative[0], "score": alternative[1]}
        self._rows.membership(story, article, score=score, evidence=evidence)
