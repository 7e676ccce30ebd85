"""`/v1/articles`: lists, and one article."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.store.articles import views
from service.store.articles.views import ArticleDetail, ArticleFilter, Order
from service.store.story_views.views import StoryName
from service.web.api.stories.query import Countries, Languages, Words
from service.web.middleware.etags import TaggedSession
from service.web.rendering import links
from service.web.rendering.schemas import MemberOut, PageOut
from service.web.requests.fields import (
    Names,
    PartialPageOut,
    answer,
    fields_of,
    page_answer,
    such_as,
)
from service.web.requests.parameters import BigInt, Cursor, CursorText, Limit, UtcTime, Word
from service.web.requests.problems import NOT_FOUND, PROBLEMS

router = APIRouter(prefix="/v1/articles", tags=["articles"], responses=PROBLEMS)

CURSORS = {
    Order.NEWEST: Cursor("articles", AwareDatetime, BigInt),
    Order.OLDEST: Cursor("articles/oldest", AwareDatetime, BigInt),
}


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


ArticleFields = Annotated[Names, fields_of(ArticleDetailOut), such_as("id,title,outlet,story")]


class ArticleQuery(BaseModel):
    """Which articles, and which part of them."""

    model_config = ConfigDict(extra="forbid")

    since: UtcTime | None = Field(None, description="Reported at this time or later.")
    until: UtcTime | None = Field(None, description="Reported before this time.")
    outlet: Words = Field([], description="Slugs of outlets; any of them.")
    family: Words = Field([], description="Slugs of publisher families; any of them.")
    country: Countries = Field([], description="ISO 3166-1 codes of outlets' countries.")
    language: Languages = Field(
        [], description="ISO 639-1 codes; an outlet's where its own is unknown."
    )
    story: Word | None = Field(None, description="Id of a story that they belong to now.")
    feed: BigInt | None = Field(None, description="Id of the feed that they came with.")
    copies: bool | None = Field(None, description="Only reprints of others, or none of them.")
    sort: Order = Order.NEWEST
    limit: Limit = 50
    cursor: CursorText | None = None
    fields: ArticleFields | None = None

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


@router.get("", response_model=PageOut[ArticleDetailOut] | PartialPageOut)
def list_articles(session: TaggedSession, query: Annotated[ArticleQuery, Query()]) -> Response:
    """Articles by the time of their report; those that an editor hid are left out.

    `sort=newest`, the default, begins with the latest, `oldest` with the first.
    """
    cursor = CURSORS[query.sort]
    page = views.list_articles(
        session,
        query.filter(),
        sort=query.sort,
        after=cursor.decode(query.cursor),
        limit=query.limit,
    )
    items = [ArticleDetailOut.told(found) for found in page.items]
    return page_answer(PageOut(items=items, next=cursor.encode(page.next)), query.fields)


@router.get("/{article_id}", response_model=ArticleDetailOut | dict[str, Any], responses=NOT_FOUND)
def read_article(
    session: TaggedSession,
    article_id: Annotated[BigInt, Path()],
    fields: Annotated[ArticleFields | None, Query()] = None,
) -> Response:
    """One article; `story` is null while it waits for its place."""
    return answer(ArticleDetailOut.told(views.get_article(session, article_id)), fields)
