"""JSON schemas shared by several API routes: pages, outlets, stories; see `article_schemas`."""

from dataclasses import asdict
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, Field

from service.domain.articles.coverage import INDEPENDENT_OUTLETS
from service.domain.stories import transitions
from service.domain.stories.pace import Pace
from service.domain.stories.ranking import Rank
from service.domain.stories.wording.title_parts import headline_text
from service.store.story_views.reports import OutletInfo, Report
from service.store.story_views.views import StorylineName, StoryView
from service.web.rendering import links
from service.web.rendering.display_names import distinct, outlet_names

#: Descriptions of fields that several schemas have.
NEXT = "`cursor` of the next page; null on the last page."
LANGUAGE = "ISO 639 code, such as en; null if unknown."
COUNTRY = "ISO 3166-1 code, such as GB; null if unknown."

Timestamp = transitions.Timestamp
Item = TypeVar("Item")


class PageOut(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(description=NEXT)


class OutletRef(BaseModel):
    """Slug and name of an outlet."""

    slug: str
    name: str


class OutletBrief(OutletRef):
    """An outlet with country, publisher family and language."""

    country: str | None = Field(description=COUNTRY)
    family: str = Field(description="Slug of the publisher family.")
    language: str | None = Field(description=LANGUAGE)

    @classmethod
    def of(cls, outlet: OutletInfo) -> Self:
        return cls(**asdict(outlet))


class StorylineRef(BaseModel):
    """Id, title and path of a storyline."""

    id: str
    title: str
    url: str = Field(
        description="Path of the storyline in this API.", examples=["/v1/storylines/mlp7fvbmqu"]
    )

    @classmethod
    def of(cls, storyline: StorylineName | None) -> Self | None:
        if storyline is None:
            return None
        url = links.storyline_api_path(storyline.id)
        return cls(id=storyline.id, title=storyline.title, url=url)


class HeadlineArticle(BaseModel):
    """The article whose title is the story's headline."""

    id: int = Field(description="Id of the article.")
    url: str = Field(description="URL at the outlet.")
    language: str | None = Field(description=LANGUAGE)
    outlet: OutletRef

    @classmethod
    def of(cls, report: Report | None) -> Self | None:
        if report is None:
            return None
        outlet = OutletRef(slug=report.outlet.slug, name=report.outlet.name)
        return cls(id=report.article_id, url=report.url, language=report.language, outlet=outlet)


class LocalHeadlineOut(BaseModel):
    """The best title of a story in one language."""

    language: str = Field(description="ISO 639-1 code.")
    title: str
    article: int = Field(description="Id of the article.")


class StoryLinks(BaseModel):
    """Paths of the story in this service."""

    self_: str = Field(alias="self")
    page: str = Field(description="Web page of the story.")
    articles: str
    timeline: str
    transitions: str
    related: str
    evidence: str

    @classmethod
    def of(cls, story_id: str, slug: str) -> Self:
        api = links.story_api_path(story_id)
        page = links.story_path(story_id, slug)
        parts = ("articles", "timeline", "transitions", "related", "evidence")
        paths = {"self": api, "page": page}
        return cls.model_validate(paths | {part: f"{api}/{part}" for part in parts})


class PaceOut(BaseModel):
    """Reporting speed of a story."""

    articles_per_hour: float = Field(
        description="Articles per hour in the three hours up to `until`."
    )
    outlets_per_hour: float = Field(
        description="New outlets per hour in the three hours up to `until`."
    )
    until: Timestamp = Field(
        description="Time of the last report with a valid date, or of the last report if no report "
        "has one."
    )
    peak_articles: int = Field(description="Number of articles in the busiest hour.")
    peak_at: Timestamp = Field(description="Start of the busiest hour.")

    @classmethod
    def of(cls, pace: Pace | None) -> Self | None:
        return cls(**asdict(pace)) if pace else None


class RankOut(BaseModel):
    """Score for `sort=rank`: the sum of `recency`, `coverage` and `velocity`, in hours."""

    total: float = Field(description="Sum of the three components, in hours.")
    recency: float = Field(
        description="Time of the last report, in hours since 1970; 336 hours less if no report has "
        "a date."
    )
    coverage: float = Field(
        description="12 · log2(independent coverage), in hours; -24 if the independent coverage is "
        "at most 1."
    )
    velocity: float = Field(description="3 · log2(1 + `outlets_per_hour`), in hours; see `pace`.")

    @classmethod
    def of(cls, rank: Rank | None) -> Self | None:
        if rank is None:
            return None
        return cls(
            total=rank.total, recency=rank.age, coverage=rank.coverage, velocity=rank.velocity
        )


class StoryOut(BaseModel):
    """A story: the articles on one event."""

    id: str
    slug: str = Field(description="Part of the URL of the web page; changes with the headline.")
    state: str = Field(
        description="`open`, or `closed`: the last report is more than "
        "`lifecycle.close_after_days` days old, or no article is left."
    )
    headline: str
    headline_article: HeadlineArticle | None = Field(
        description="The article whose title is the headline; null if an editor wrote the headline."
    )
    headlines: list[LocalHeadlineOut] = Field(
        description="The best title in each language; empty if an editor wrote the headline."
    )
    keywords: list[str] = Field(description="Keywords, most characteristic first.")
    coverage: int = Field(description="Number of outlets.")
    independent: int = Field(description=f"Independent coverage: number of {INDEPENDENT_OUTLETS}.")
    articles: int = Field(description="Number of articles.")
    outlets: list[OutletRef] = Field(
        description="Outlets in order of their first reports; those without a dated report last."
    )
    languages: list[str] = Field(
        description="ISO 639 codes of the languages of the articles, in order of the first reports."
    )
    first_reported_at: Timestamp = Field(description="Time of the first report.")
    last_reported_at: Timestamp = Field(description="Time of the last report.")
    emerged_at: Timestamp = Field(description="Time at which the story was created.")
    changed_at: Timestamp = Field(
        description="Time of the last change of articles, headline or state."
    )
    pace: PaceOut | None = Field(
        description="Null until the job `describe` has processed the story."
    )
    rank: RankOut | None = Field(
        description="Null until the job `describe` has processed the story."
    )
    storyline: StorylineRef | None = Field(description="Null if the story is in no storyline.")
    split_from: str | None = Field(
        description="Id of the story from which this one was split off; null if there is none."
    )
    pinned: bool = Field(
        description="Whether an editor pinned the story to the top of the default order."
    )
    locked: bool = Field(
        description="Whether an editor locked the story: no article joins or leaves it."
    )
    renamed: bool = Field(description="Whether an editor wrote the headline.")
    links: StoryLinks

    @classmethod
    def of(cls, story: StoryView) -> Self:
        return cls(**story_fields(story))


def story_fields(story: StoryView) -> dict[str, Any]:
    """Fields of `StoryOut`."""
    outlets = outlet_names(story.reports)
    return {
        "id": story.id,
        "slug": story.slug,
        "state": story.state,
        "headline": story.headline,
        "headline_article": HeadlineArticle.of(story.headline_report),
        "headlines": [] if story.renamed else _local_headlines(story),
        "keywords": list(story.keywords),
        "coverage": story.coverage,
        "independent": story.independent,
        "articles": story.articles,
        "outlets": [OutletRef(slug=slug, name=name) for slug, name in outlets.items()],
        "languages": distinct(report.language for report in story.reports),
        "first_reported_at": story.first_reported_at,
        "last_reported_at": story.last_reported_at,
        "emerged_at": story.emerged_at,
        "changed_at": story.changed_at,
        "pace": PaceOut.of(story.details.pace),
        "rank": RankOut.of(story.details.rank),
        "storyline": StorylineRef.of(story.storyline),
        "split_from": story.split_from,
        "pinned": story.pinned,
        "locked": story.locked,
        "renamed": story.renamed,
        "links": StoryLinks.of(story.id, story.slug),
    }


def _local_headlines(story: StoryView) -> list[LocalHeadlineOut]:
    titles = {report.article_id: report.title for report in story.reports}
    return [
        LocalHeadlineOut(
            language=each.lang, title=headline_text(titles[key], each.lang), article=key
        )
        for each in story.details.headlines
        for key in (int(each.article),)
        if key in titles
    ]
