"""`/v1/match`: which story a text belongs to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from service.domain.articles.model import Article
from service.domain.articles.tokenization import has_words
from service.domain.grouping.place import Placement
from service.domain.text.dates import JudgedDate, judge
from service.domain.text.urls import canonical_url
from service.ingest.detect_language import language_of
from service.store.articles import match
from service.store.articles.match import ASKED, Asking, Match
from service.store.articles.vectors import as_stored
from service.store.articles.views import ArticleDetail, articles_of
from service.store.story_views.views import names_of, stories_of
from service.web.api.stories.parts import ShareOut
from service.web.dependencies import Context, Reading, ReadSession
from service.web.lazy_model import Loaded, ModelOf, ReadingWith
from service.web.rendering.evidence import Evidence, Neighbour, read_evidence
from service.web.rendering.schemas import OutletRef, StoryOut
from service.web.requests.parameters import UtcTime, Word
from service.web.requests.problems import PROBLEMS, UNREADABLE

router = APIRouter(prefix="/v1/match", tags=["search"], responses={**PROBLEMS, 400: UNREADABLE})

#: Characters of a text, of a title, of an address; of a language tag.
TEXT, TITLE, URL = 100_000, 1000, 2000
WITHOUT_NUL = r"^[^\x00]*$"
WORDLESS = (
    "body: neither title nor text has a word, and no story has a report of this url; send a word"
)
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


class MatchIn(BaseModel):
    """A report, as its outlet published it or is about to."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(max_length=TITLE, pattern=WITHOUT_NUL)] = ""
    text: Annotated[str, StringConstraints(max_length=TEXT, pattern=WITHOUT_NUL)] = ""
    url: Annotated[
        str | None,
        Field(
            max_length=URL,
            pattern=WITHOUT_NUL,
            description="Its address; a report that a story has under it is known by that alone.",
        ),
    ] = None
    outlet: Word | None = Field(None, description="Slug of its outlet.")
    published: UtcTime | None = Field(
        None, description="When; the window of comparison lies around it, else around the present."
    )
    language: Annotated[
        str | None,
        Field(pattern=LANGUAGE, max_length=35, description="Detected where it is not given."),
    ] = None


class NearOut(BaseModel):
    """A stored article that it was compared with."""

    article: int
    title: str
    url: str
    outlet: OutletRef
    score: float | None = Field(description="Pair score: probability that both report one event.")
    shares: list[ShareOut] = Field(description="Heaviest first; only for the nearest.")

    @classmethod
    def of(cls, near: Neighbour, found: ArticleDetail) -> Self:
        report = found.member.report
        return cls(
            article=near.article,
            title=report.title,
            url=report.url,
            outlet=OutletRef(slug=report.outlet.slug, name=report.outlet.name),
            score=near.score,
            shares=[ShareOut(feature=each.name, log_odds=each.value) for each in near.shares],
        )


class NextBestOut(BaseModel):
    """The best story that it does not belong to."""

    story: str
    headline: str
    score: float | None


class MatchOut(BaseModel):
    """The story that a report belongs to, or null, and why."""

    story: StoryOut | None
    score: float | None = Field(description="Mean pair score with the story's members.")
    nearest: list[NearOut] = Field(description="The story's members, or any, that are nearest.")
    next_best: NextBestOut | None
    article: int | None = Field(description="The stored article that has this address.")
    copy_of: int | None = Field(description="Id of the article whose words it carries.")
    language: str | None = Field(description="The one that it was read in.")
    date_flag: str = Field(description="Whether `published` is believed: `ok`, `missing`, …")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A report as the grouping would see it."""

    article: Article
    date: JudgedDate
    now: datetime

    @property
    def at(self) -> datetime:
        return self.date.trusted or self.now


@router.post("")
def match_a_text(  # noqa: PLR0917  # FastAPI calls it by name
    body: MatchIn,
    encoder: Loaded,
    reading: ReadingWith,
    model: ModelOf,
    session: ReadSession,
    web: Context,
) -> MatchOut:
    """The story that a text belongs to, its score and evidence, and the next-best one.

    Decided as for an article that arrives: the same candidates, pair score and quorum. Nothing
    is stored. `story` is null where it would start one of its own.
    """
    now = web.clock()
    date = _date(body, reading, now)
    if stored := _stored(session, body.url):
        return _known(session, stored, date)
    seen = _Seen(_article(body, date), date, now)
    made = as_stored(model.vectors(encoder, seen.article))
    asking = Asking(seen.article, made, seen.at)
    found = match.match(
        session,
        asking,
        model=reading.pair_model,
        settings=reading.stories,
        reach=reading.reach,
    )
    return _told(session, found, seen)


def _date(body: MatchIn, reading: Reading, now: datetime) -> JudgedDate:
    raw = body.published.isoformat() if body.published else ""
    return judge(raw, body.published, now=now, tolerance=reading.tolerance)


def _article(body: MatchIn, date: JudgedDate) -> Article:
    """The report as words; a 422 answer if it has none."""
    title, text = " ".join(body.title.split()), body.text.strip()
    article = Article(
        ASKED,
        title or text[:TITLE],
        text,
        outlet=body.outlet or "",
        url=body.url or "",
        published=date.trusted,
        lang=language_of((body.language or "").lower(), title, text),
    )
    if not has_words(article):
        raise HTTPException(422, WORDLESS)
    return article


def _stored(session: Session, url: str | None) -> ArticleDetail | None:
    """The article of that address, where it is in a story that is shown."""
    address = canonical_url(url) if url else None
    key = match.stored_under(session, address) if address else None
    found = articles_of(session, [key]).get(key) if key is not None else None
    return found if found and found.story else None


def _known(session: Session, stored: ArticleDetail, date: JudgedDate) -> MatchOut:
    """What is known of a stored article: where it is, and why."""
    member = stored.member
    placing, original = member.placing, member.original
    story = stored.story.id if stored.story else ""
    evidence = read_evidence(placing.evidence if placing else {})
    return _out(
        session,
        story,
        placing.score if placing else None,
        evidence,
        article=member.report.article_id,
        copy_of=original.article_id if original else None,
        language=member.report.language,
        date_flag=date.flag,
    )


def _told(session: Session, found: Match | None, seen: _Seen) -> MatchOut:
    placement = found.placement if found else None
    copied = found.copy.original if found and found.copy else None
    return _out(
        session,
        placement.story if placement else None,
        placement.score if placement else None,
        _evidence(placement),
        article=None,
        copy_of=copied if isinstance(copied, int) else None,
        language=seen.article.lang or None,
        date_flag=seen.date.flag,
    )


def _evidence(placement: Placement | None) -> Evidence:
    """What was compared, of a report that belongs nowhere, too."""
    if placement is None:
        return read_evidence({})
    named: list[dict[str, Any]] = [
        {"article": near.article, "score": near.score} for near in placement.nearest
    ]
    if named:
        named[0]["shares"] = dict(placement.shares)
    best = placement.next_best
    following = {"story": best.story, "score": best.score} if best else None
    return read_evidence({"nearest": named, "next": following})


def _out(
    session: Session, story: str | None, score: float | None, evidence: Evidence, **more: Any
) -> MatchOut:
    """Look up what is named."""
    known = stories_of(session, [story] if story else [])
    near = articles_of(session, [each.article for each in evidence.nearest])
    best = evidence.next
    names = names_of(session, [best.story] if best else [])
    return MatchOut(
        story=StoryOut.of(known[story]) if story in known else None,
        score=score,
        nearest=[
            NearOut.of(each, near[each.article])
            for each in evidence.nearest
            if each.article in near
        ],
        next_best=NextBestOut(
            story=best.story, headline=names[best.story].headline, score=best.score
        )
        if best and best.story in names
        else None,
        **more,
    )
