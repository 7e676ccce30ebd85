"""What the API answers about a search."""

from typing import Self

from pydantic import BaseModel, Field

from service.store.search.highlights import Highlights
from service.web.api.articles import ArticleDetailOut
from service.web.rendering.schemas import StoryOut


class PieceOut(BaseModel):
    """A stretch of a text."""

    text: str
    hit: bool = Field(description="Whether it is a word that was searched for.")


class HighlightsOut(BaseModel):
    """Where the words stand; put the pieces together for the text."""

    title: list[PieceOut]
    text: list[PieceOut] = Field(
        description="Of an article some thirty words, of a story its keywords."
    )

    @classmethod
    def of(cls, found: Highlights | None) -> Self | None:
        if found is None:
            return None
        title, text = (
            [PieceOut(text=x.text, hit=x.hit) for x in y] for y in (found.title, found.text)
        )
        return cls(title=title, text=text)


class RanksOut(BaseModel):
    """The places, from 1, in the rankings that were fused; null where it is in none."""

    words: int | None
    meaning: int | None
    headline: int | None = Field(description="Of stories: by the words of headline and keywords.")


class FoundStoryOut(BaseModel):
    """A story that was found."""

    score: float = Field(description="Sum of 1 / (60 + place) over the rankings; not comparable.")
    ranks: RanksOut
    story: StoryOut
    highlights: HighlightsOut | None


class FoundArticleOut(BaseModel):
    """An article that was found."""

    score: float = Field(description="Sum of 1 / (60 + place) over the rankings; not comparable.")
    ranks: RanksOut
    article: ArticleDetailOut
    highlights: HighlightsOut | None


class SearchOut(BaseModel):
    """What was found, best first."""

    by: list[str] = Field(
        description="What it went by: `words`, `meaning`. Not by meaning where the model does "
        "not read the language, is not loaded yet, or cannot be; ask again later then."
    )
    stories: list[FoundStoryOut]
    articles: list[FoundArticleOut]
