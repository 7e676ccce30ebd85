"""`/v1/match`: find the story that a text belongs to."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, HTTPException
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from service.domain.articles.model import Article
from service.domain.articles.tokenization import has_encodable_text
from service.domain.field_types import ShortText, UtcTime
from service.domain.grouping.evidence import PROBABILITY_DIGITS
from service.domain.grouping.place import Placement
from service.domain.locales.codes import language_code
from service.domain.text.date_forms.feed_date import FeedDate
from service.domain.text.dates import CheckedDate, check_date
from service.errors import BadInputError
from service.ingest.detect_language import resolve_language
from service.store.articles import match
from service.store.articles.match import UNSTORED_ID, MatchRequest
from service.store.articles.vectors import round_to_stored
from service.store.articles.views import ArticleDetail, load_articles
from service.store.catalogue.known_names import require_known_names
from service.store.identity import keys
from service.store.story_views.views import get_stories, story_names
from service.web.api.stories.parts import (
    CONTRIBUTIONS,
    MEAN_PROBABILITY,
    PROBABILITY,
    ContributionOut,
)
from service.web.dependencies import ReadSession, WebContextDep
from service.web.lazy_model import EncoderDep, LazyModelDep
from service.web.rendering.article_schemas import DATE_FLAGS
from service.web.rendering.schemas import (
    OutletRef,
    StoryOut,
)
from service.web.rendering.story_page.evidence import Evidence, Neighbour, read_evidence
from service.web.requests.problems import PROBLEM_RESPONSES, UNREADABLE_BODY_RESPONSE

router = APIRouter(
    prefix="/v1/match",
    tags=["search"],
    responses={**PROBLEM_RESPONSES, 400: UNREADABLE_BODY_RESPONSE},
)

#: Maximum number of characters of text, title and URL.
MAX_TEXT_LENGTH, MAX_TITLE_LENGTH, MAX_URL_LENGTH = 100_000, 1000, 2000
NO_NUL = r"^[^\x00]*$"
NO_TEXT = (
    "body: title and text contain no words, and no stored article has this url;"
    " send a title or a text"
)
LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


def _check_language(text: str | None) -> str | None:
    try:
        return text and language_code(text) and text
    except BadInputError as error:
        raise ValueError(str(error)) from error


class MatchIn(BaseModel):
    """A published or unpublished article. Give a title, a text, or the URL of a stored article."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(max_length=MAX_TITLE_LENGTH, pattern=NO_NUL)] = Field(
        "", description="Title. Default: the start of the text."
    )
    text: Annotated[str, StringConstraints(max_length=MAX_TEXT_LENGTH, pattern=NO_NUL)] = Field(
        "", description="Plain text, or its first sentences."
    )
    url: Annotated[
        str | None,
        Field(
            max_length=MAX_URL_LENGTH,
            pattern=NO_NUL,
            description="URL of the article. If an article with this URL is stored and in a story, "
            "title and text are ignored, and its story is returned.",
        ),
    ] = None
    outlet: ShortText | None = Field(None, description="Slug of the outlet. Default: unknown.")
    published: UtcTime | None = Field(
        None,
        description="Publication time. Only articles up to `window.days` before or after it are "
        "compared. Default: now.",
    )
    language: Annotated[
        str | None,
        Field(
            pattern=LANGUAGE_TAG,
            max_length=35,
            description="ISO 639 code, optionally with a region: en or en-GB. Default: detected.",
        ),
        AfterValidator(_check_language),
    ] = None


class SimilarArticleOut(BaseModel):
    """A stored article that is similar to the given one."""

    article: int = Field(description="Id of the article.")
    title: str
    url: str = Field(description="URL at the outlet.")
    outlet: OutletRef
    score: float | None = Field(description=PROBABILITY)
    contributions: list[ContributionOut] = Field(description=CONTRIBUTIONS)

    @classmethod
    def of(cls, near: Neighbour, article: ArticleDetail) -> Self:
        report = article.member.report
        return cls(
            article=near.article,
            title=report.title,
            url=report.url,
            outlet=OutletRef(slug=report.outlet.slug, name=report.outlet.name),
            score=near.score,
            contributions=[
                ContributionOut(feature=each.name, log_odds=each.value)
                for each in near.contributions
            ],
        )


class NextBestOut(BaseModel):
    """Another story with similar articles; usually that with the highest mean probability."""

    story: str = Field(description="Id of the story.")
    headline: str
    score: float | None = Field(description=MEAN_PROBABILITY)


class MatchOut(BaseModel):
    """The matching story, if any, with the evidence."""

    story: StoryOut | None = Field(
        description="Matching story; null if the article would start a new story."
    )
    score: float | None = Field(
        description="Mean probability that the article reports the same event as the articles of `story`, 0 to 1; null if `story` is null."
    )
    nearest: list[SimilarArticleOut] = Field(
        description="At most three articles of `story`, most probable first; of any story if "
        "`story` is null."
    )
    next_best: NextBestOut | None = Field(
        description="Next best story; null if no other story has a similar article."
    )
    article: int | None = Field(
        description="Id of the stored article with this URL; null if there is none."
    )
    copy_of: int | None = Field(
        description="Id of the stored original that the article copies; null if it is not a copy."
    )
    language: str | None = Field(
        description="Given or detected language, an ISO 639 code; null if unknown."
    )
    date_flag: str = Field(description=f"Validity of `published`: {DATE_FLAGS}.")


@router.post("")
def match_article(
    body: MatchIn,
    encoder: EncoderDep,
    model: LazyModelDep,
    session: ReadSession,
    web: WebContextDep,
) -> MatchOut:
    """Find the story that an article belongs to, with score, evidence and the next best story.

    The result is the same as for a new article from a feed, but locked stories are included.
    Nothing is stored.
    """
    context = model.context_of(encoder)
    require_known_names(session, outlets=[body.outlet] if body.outlet else ())
    now = web.clock()
    raw_date = body.published.isoformat() if body.published else ""
    published = FeedDate(body.published, "minute") if body.published else None
    date = check_date(raw_date, published, now=now, tolerance=context.tolerance)
    if stored := _find_stored(session, body.url):
        return _match_stored(session, stored, date)
    article = _to_article(body, date)
    vector = round_to_stored(model.vectors(encoder, article))
    result = match.match(
        session,
        MatchRequest(article, vector, date.trusted or now),
        model=context.pair_model,
        settings=context.stories,
        reach=context.reach,
    )
    placement = result.placement if result else None
    original = result.copy.original if result and result.copy else None
    return _build_match(
        session,
        placement.story if placement else None,
        _round(placement.probability) if placement else None,
        _read_placement_evidence(placement),
        article=None,
        copy_of=original if isinstance(original, int) else None,
        language=article.lang or None,
        date_flag=date.flag,
    )


def _to_article(body: MatchIn, date: CheckedDate) -> Article:
    """Build the article of a request; raises HTTPException (422) if it contains no words."""
    title, text = " ".join(body.title.split()), body.text.strip()
    article = Article(
        UNSTORED_ID,
        title or text[:MAX_TITLE_LENGTH],
        text,
        outlet=body.outlet or "",
        url=body.url or "",
        published=date.trusted,
        lang=resolve_language((body.language or "").lower(), title, text),
    )
    if not has_encodable_text(article):
        raise HTTPException(422, NO_TEXT)
    return article


def _find_stored(session: Session, url: str | None) -> ArticleDetail | None:
    """Find the stored article with this URL; None unless it is in a visible story."""
    article_id = keys.find_article(session, url) if url else None
    if article_id is None:
        return None
    article = load_articles(session, [article_id]).get(article_id)
    return article if article and article.story else None


def _match_stored(session: Session, stored: ArticleDetail, date: CheckedDate) -> MatchOut:
    """Return the current story of a stored article, with the stored evidence."""
    member = stored.member
    membership, original = member.membership, member.original
    return _build_match(
        session,
        stored.story.id if stored.story else "",
        membership.score if membership else None,
        read_evidence(membership.evidence if membership else {}),
        article=member.report.article_id,
        copy_of=original.article_id if original else None,
        language=member.report.language,
        date_flag=date.flag,
    )


def _read_placement_evidence(placement: Placement | None) -> Evidence:
    """Return the evidence of a placement, even if the placement has no story."""
    if placement is None:
        return read_evidence({})
    nearest: list[dict[str, Any]] = [
        {"article": near.article, "score": _round(near.probability)} for near in placement.nearest
    ]
    if nearest:
        nearest[0]["contributions"] = dict(placement.contributions)
    best = placement.next_best
    next_best = {"story": best.story, "score": _round(best.probability)} if best else None
    return read_evidence({"nearest": nearest, "next": next_best})


def _round(probability: float | None) -> float | None:
    """Round as in the evidence of stored articles."""
    return None if probability is None else round(probability, PROBABILITY_DIGITS)


def _build_match(
    session: Session, story_id: str | None, score: float | None, evidence: Evidence, **extra: Any
) -> MatchOut:
    """Build the response; load the stories and articles that the evidence refers to."""
    stories = get_stories(session, [story_id] if story_id else [])
    articles = load_articles(session, [near.article for near in evidence.nearest])
    best = evidence.next
    names = story_names(session, [best.story] if best else [])
    next_best = None
    if best and best.story in names:
        next_best = NextBestOut(
            story=best.story, headline=names[best.story].headline, score=best.score
        )
    return MatchOut(
        story=StoryOut.of(stories[story_id]) if story_id in stories else None,
        score=score,
        nearest=[
            SimilarArticleOut.of(near, articles[near.article])
            for near in evidence.nearest
            if near.article in articles
        ],
        next_best=next_best,
        **extra,
    )
