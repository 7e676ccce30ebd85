"""`/v1/articles`: one article."""

from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel

from service.store.reading import articles
from service.store.reading.stories import StoryName
from service.web import links
from service.web.conditional import TaggedSession
from service.web.problems import NOT_FOUND, PROBLEMS
from service.web.schemas import MemberOut
from service.web.words import BigInt

router = APIRouter(prefix="/v1/articles", tags=["articles"], responses=PROBLEMS)


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


@router.get("/{article_id}", responses=NOT_FOUND)
def read_article(session: TaggedSession, article_id: Annotated[BigInt, Path()]) -> ArticleDetailOut:
    """One article; `story` is null while it waits for its place."""
    found = articles.get_article(session, article_id)
    fields = dict(MemberOut.of(found.member))
    return ArticleDetailOut(**fields, feed=found.feed_id, story=StoryRef.of(found.story))
