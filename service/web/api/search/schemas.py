"""Response schemas of the search."""

from typing import Self

from pydantic import BaseModel, Field

from service.store.search.highlights import Highlights
from service.web.api.articles import ArticleDetailOut
from service.web.rendering.schemas import StoryOut


class TextSpanOut(BaseModel):
    """A span of a text."""

    text: str
    hit: bool = Field(description="Whether the span matches a search term.")


class HighlightsOut(BaseModel):
    """Title and text with the matches marked. Joining the spans of a field gives its text."""

    title: list[TextSpanOut]
    text: list[TextSpanOut] = Field(
        description="About thirty words of an article, or the keywords of a story."
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
    """Rank, from 1, in each ranking that was fused; null if absent from it."""

    keyword: int | None = Field(description="Rank by keywords in the articles.")
    semantic: int | None = Field(description="Rank by embedding similarity.")
    headline: int | None = Field(
        description="Rank by keywords in headline and story keywords; stories only."
    )


class StoryResultOut(BaseModel):
    """A story in the search results."""

    score: float = Field(
        description="Sum of 1 / (60 + rank) over all rankings; not comparable between searches."
    )
    ranks: RanksOut
    story: StoryOut
    highlights: HighlightsOut | None


class ArticleResultOut(BaseModel):
    """An article in the search results."""

    score: float = Field(
        description="Sum of 1 / (60 + rank) over all rankings; not comparable between searches."
    )
    ranks: RanksOut
    article: ArticleDetailOut
    highlights: HighlightsOut | None


class SearchOut(BaseModel):
    """Search results, best first."""

    mode: list[str] = Field(
        description="Rankings in use: `keyword`, `semantic`. `semantic` is absent if the model does not "
        "support the language, or is still loading; then try again later."
    )
    stories: list[StoryResultOut]
    articles: list[ArticleResultOut]
