"""Response schemas of the search."""

from typing import Self

from pydantic import BaseModel, Field

from service.store.search.highlights import Highlights
from service.web.api.articles import ArticleDetailOut
from service.web.rendering.schemas import StoryOut

#: Description of the field `score`.
SCORE = "Sum of 1 / (60 + rank) over all rankings. Scores of different searches are not comparable."


class TextSpanOut(BaseModel):
    """A span of a text."""

    text: str
    hit: bool = Field(description="Whether the span matches a search term.")


class HighlightsOut(BaseModel):
    """Title and text as lists of spans: search terms, and the text between them."""

    title: list[TextSpanOut]
    text: list[TextSpanOut] = Field(
        description="For an article, about thirty words around a match; for a story, its keywords."
    )

    @classmethod
    def of(cls, highlights: Highlights | None) -> Self | None:
        if highlights is None:
            return None
        title, text = (
            [TextSpanOut(text=span.text, hit=span.hit) for span in spans]
            for spans in (highlights.title, highlights.text)
        )
        return cls(title=title, text=text)


class RanksOut(BaseModel):
    """Rank in each ranking, from 1; null if the result is not in that ranking."""

    keyword: int | None = Field(description="Rank by search terms in the articles.")
    semantic: int | None = Field(description="Rank by embedding similarity.")
    headline: int | None = Field(
        description="Rank by search terms in headline and keywords of the story; null for articles."
    )


class StoryResultOut(BaseModel):
    """A story in the search results."""

    score: float = Field(description=SCORE)
    ranks: RanksOut
    story: StoryOut
    highlights: HighlightsOut | None


class ArticleResultOut(BaseModel):
    """An article in the search results."""

    score: float = Field(description=SCORE)
    ranks: RanksOut
    article: ArticleDetailOut
    highlights: HighlightsOut | None


class SearchOut(BaseModel):
    """Search results, best first."""

    mode: list[str] = Field(
        description="Rankings of this response: `keyword`, `semantic` or both. `semantic` is "
        "missing if the model does not support the language of the query, or is still loading. If "
        "it is loading, retry later."
    )
    stories: list[StoryResultOut]
    articles: list[ArticleResultOut]
