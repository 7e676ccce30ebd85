"""`/v1/articles`: lists, and one article."""

from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.store.reading import articles
from service.store.reading.articles import ArticleDetail, ArticleFilter
from service.store.reading.stories import StoryName
from service.web import links
from service.web.api.story_query import Words
from service.web.conditional import TaggedSession
from service.web.problems import NOT_FOUND, PROBLEMS
from service.web.schemas import MemberOut, PageOut
from service.web.words import BigInt, Cursor, CursorText, Limit, UtcTime, Word
from service.web.written import written

router = APIRouter(prefix="/v1/articles", tags=["articles"], responses=PROBLEMS)

CURSOR = Cursor("articles", AwareDatetime, BigInt)


class StoryRef(BaseModel):
    """A story by name."""

    id: str
    headline: str
    url: str

    @classmethod
    def of(cls, story: StoryName | None) -> Self | None:
        if story is None:
            return None
        return cls(id=story.id, headline=story.headline, url=links.story_api(story.id))


class ArticleDetailOut(MemberOut):
    """An article with the story it belongs to."""

    feed: int
    story: StoryRef | None

    @classmethod
    def told(cls, found: ArticleDetail) -> Self:
        fields = dict(MemberOut.of(found.member))
        return cls(**fields, feed=found.feed_id, story=StoryRef.of(found.story))


class ArticleQuery(BaseModel):
    """Which articles, and which part of them."""

    model_config = ConfigDict(extra="forbid")

    since: UtcTime | None = Field(None, description="Reported at this time or later.")
    until: UtcTime | None = Field(None, description="Reported before this time.")
    outlet: Words = Field([], description="Slugs of outlets; any of them.")
    family: Words = Field([], description="Slugs of publisher families; any of them.")
    country: Words = Field([], description="ISO 3166-1 codes of outlets' countries.")
    language: Words = Field(
        [], description="ISO 639-1 codes; an outlet's where its own is unknown."
    )
    story: Word | None = Field(None, description="Id of a story that they belong to now.")
    feed: BigInt | None = Field(None, description="Id of the feed that they came with.")
    copies: bool | None = Field(None, description="Only reprints of others, or none of them.")
    limit: Limit = 50
    cursor: CursorText | None = None

    def filter(self) -> ArticleFilter:
        """The conditions alone."""
        return ArticleFilter(
            since=self.since,
            until=self.until,
            outlets=tuple(self.outlet),
            families=tuple(self.family),
            countries=tuple(self.country),
            languages=tuple(self.language),
            story=self.story,
            feed=self.feed,
            copies=self.copies,
        )


@router.get("", response_model=PageOut[ArticleDetailOut])
def list_articles(session: TaggedSession, query: Annotated[ArticleQuery, Query()]) -> Response:
    """Articles, the latest report first; those that an editor hid are left out."""
    after = CURSOR.decode(query.cursor)
    page = articles.list_articles(session, query.filter(), after=after, limit=query.limit)
    items = [ArticleDetailOut.told(found) for found in page.items]
    return written(PageOut(items=items, next=CURSOR.encode(page.next)))


@router.get("/{article_id}", responses=NOT_FOUND)
def read_article(session: TaggedSession, article_id: Annotated[BigInt, Path()]) -> ArticleDetailOut:
    """One article; `story` is null while it waits for its place."""
    return ArticleDetailOut.told(articles.get_article(session, article_id))
