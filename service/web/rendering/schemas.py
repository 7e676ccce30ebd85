"""What the API answers: shapes of its JSON and how they are filled."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import AfterValidator, BaseModel, Field

from service.domain.stories.pace import Pace
from service.domain.stories.ranking import Rank
from service.store.story_views.reports import Member, OutletFacts, Report
from service.store.story_views.views import StorylineName, StoryView
from service.web.rendering import links
from service.web.rendering.display_names import outlet_names
from service.web.requests.parameters import distinct, excerpt

#: Always UTC, written with a Z.
Instant = Annotated[datetime, AfterValidator(lambda value: value.astimezone(UTC))]
Item = TypeVar("Item")


class PageOut(BaseModel, Generic[Item]):
    """Some items of a list."""

    items: list[Item]
    next: str | None = Field(description="Cursor of the next page; null at the end.")


class OutletRef(BaseModel):
    """A publisher by name."""

    slug: str
    name: str


class OutletBrief(OutletRef):
    """A publisher with its origin."""

    country: str | None = Field(description="ISO 3166-1 alpha-2.")
    family: str = Field(description="Slug of its publisher family.")
    language: str | None

    @classmethod
    def of(cls, outlet: OutletFacts) -> Self:
        return cls(**asdict(outlet))


class StorylineRef(BaseModel):
    """A storyline by name."""

    id: str
    title: str
    url: str

    @classmethod
    def of(cls, storyline: StorylineName | None) -> Self | None:
        if storyline is None:
            return None
        url = links.storyline_api(storyline.id)
        return cls(id=storyline.id, title=storyline.title, url=url)


class HeadlineArticle(BaseModel):
    """The article whose title is the story's headline."""

    id: int
    url: str
    language: str | None
    outlet: OutletRef

    @classmethod
    def of(cls, report: Report | None) -> Self | None:
        if report is None:
            return None
        outlet = OutletRef(slug=report.outlet.slug, name=report.outlet.name)
        return cls(id=report.article_id, url=report.url, language=report.language, outlet=outlet)


class StoryLinks(BaseModel):
    """Where to go on, as paths of this service."""

    self_: str = Field(alias="self")
    page: str
    articles: str
    timeline: str
    transitions: str
    related: str
    evidence: str

    @classmethod
    def of(cls, story_id: str, slug: str) -> Self:
        api = links.story_api(story_id)
        page = links.story_page(story_id, slug)
        parts = ("articles", "timeline", "transitions", "related", "evidence")
        own = {"self": api, "page": page}
        return cls.model_validate(own | {part: f"{api}/{part}" for part in parts})


class PaceOut(BaseModel):
    """How fast outlets reported a story."""

    articles_per_hour: float = Field(description="Over the three hours up to `until`.")
    outlets_per_hour: float = Field(description="Outlets with their first report in that time.")
    until: Instant = Field(description="The last report with a date that can be trusted.")
    peak_articles: int = Field(description="Articles of the busiest hour.")
    peak_at: Instant = Field(description="When that hour began.")

    @classmethod
    def of(cls, pace: Pace | None) -> Self | None:
        return cls(**asdict(pace)) if pace else None


class RankOut(BaseModel):
    """What `sort=rank` goes by: the sum of three parts, each in hours."""

    total: float
    age: float = Field(description="Hours since 1970 of the last report.")
    coverage: float = Field(description="12 for each doubling of independent coverage.")
    velocity: float = Field(description="3 for each doubling of 1 + new outlets per hour.")

    @classmethod
    def of(cls, rank: Rank | None) -> Self | None:
        return cls(total=rank.total, **asdict(rank)) if rank else None


class StoryOut(BaseModel):
    """The coverage of one event."""

    id: str
    slug: str
    state: str = Field(description="`open` or `closed`.")
    headline: str
    headline_article: HeadlineArticle | None
    keywords: list[str]
    coverage: int = Field(description="Distinct outlets.")
    independent: int = Field(
        description="Coverage without copies, a publisher family counted once."
    )
    articles: int
    outlets: list[OutletRef] = Field(description="In order of their first reports.")
    languages: list[str]
    first_reported_at: Instant
    last_reported_at: Instant
    emerged_at: Instant
    changed_at: Instant
    pace: PaceOut | None = Field(description="Null until the story is described.")
    rank: RankOut | None = Field(description="Null until the story is described.")
    storyline: StorylineRef | None
    split_from: str | None = Field(description="Id of the story that it was split from.")
    pinned: bool = Field(description="An editor put it first.")
    locked: bool = Field(description="An editor froze it: no job changes its members.")
    renamed: bool = Field(description="The headline is an editor's.")
    links: StoryLinks

    @classmethod
    def of(cls, story: StoryView) -> Self:
        return cls(**story_fields(story))


def story_fields(story: StoryView) -> dict[str, Any]:
    """What `StoryOut` and its extensions have in common."""
    outlets = outlet_names(story.reports)
    return {
        "id": story.id,
        "slug": story.slug,
        "state": story.state,
        "headline": story.headline,
        "headline_article": HeadlineArticle.of(story.headline_report),
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


class ArticleOut(BaseModel):
    """A stored entry; the text stays with its outlet, but for an excerpt of the lead."""

    id: int
    title: str
    excerpt: str
    url: str
    outlet: OutletBrief
    language: str | None
    author: str | None
    published: Instant | None = Field(description="Only when the date can be trusted.")
    claimed: Instant | None = Field(description="What the feed said.")
    date_flag: str = Field(description="`ok`, `missing`, `future`, `ancient` or `unparsable`.")
    first_seen: Instant
    reported_at: Instant = Field(description="`published`, or else `first_seen`.")
    revision: int
    copy_of: int | None = Field(description="Id of the original that this article reprints.")
    copy_share: float | None = Field(description="Share of the text that stands in the original.")


class MemberOut(ArticleOut):
    """An article as a member of a story."""

    since: Instant | None = Field(description="When it joined the story.")
    score: float | None = Field(description="Mean pair score with the members.")
    evidence: dict[str, Any] = Field(description="Why it is there; empty for a founder.")

    @classmethod
    def of(cls, member: Member) -> Self:
        placing = member.placing
        return cls(
            **article_fields(member),
            since=placing.since if placing else None,
            score=placing.score if placing else None,
            evidence=placing.evidence if placing else {},
        )


def article_fields(member: Member) -> dict[str, Any]:
    """What `ArticleOut` and its extensions have in common."""
    report, original = member.report, member.original
    return {
        "id": report.article_id,
        "title": report.title,
        "excerpt": excerpt(member.lead),
        "url": report.url,
        "outlet": OutletBrief.of(report.outlet),
        "language": report.language,
        "author": member.author,
        "published": member.published,
        "claimed": member.claimed,
        "date_flag": member.date_flag,
        "first_seen": member.first_seen,
        "reported_at": report.reported_at,
        "revision": member.revision,
        "copy_of": original.article_id if original else None,
        "copy_share": original.share if original else None,
    }
