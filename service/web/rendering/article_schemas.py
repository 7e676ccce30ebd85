"""JSON schemas of articles, shared by several API routes."""

from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from service.domain.articles.article_types import ArticleType
from service.store.story_views.reports import Member
from service.web.rendering.display_names import excerpt
from service.web.rendering.schemas import LANGUAGE, OutletBrief, Timestamp

#: Descriptions of fields that several schemas have.
DATE_FLAGS = (
    "`ok`, `missing`, `future`, `ancient` (before 1990), `unparsable` or `vague` (only the month or "
    "the year is known)"
)
MEMBER_PROBABILITY = (
    "Mean probability that the article reports the same event as the other articles of the story, "
    "0 to 1; null for its first article and for articles that an editor moved."
)


class ArticleOut(BaseModel):
    """An article with an excerpt of its lead; the full text is only at the outlet."""

    id: int
    title: str
    excerpt: str = Field(description="Start of the text, at most 300 characters.")
    url: str = Field(description="URL at the outlet.")
    type: ArticleType = Field(
        description="Kind of article; only a `report` is independent coverage."
    )
    outlet: OutletBrief
    language: str | None = Field(description=LANGUAGE)
    author: str | None = Field(description="Author in the feed; null if there is none.")
    published: Timestamp | None = Field(
        description="Publication time in the feed, or the day in the link or dateline of an entry "
        "without one; null if `date_flag` is not `ok`."
    )
    date_precision: Literal["minute", "day"] | None = Field(
        description="`day` if only the day of `published` is known, because it has no time or no "
        "known time zone; `minute` if its time is known; null without `published`."
    )
    claimed_date: Timestamp | None = Field(
        description="Publication time in the feed, or the day in the link or dateline of an entry "
        "without one. It may be in the future or before 1990. Null if there is none."
    )
    date_flag: str = Field(description=f"Validity of the publication time: {DATE_FLAGS}.")
    first_seen: Timestamp = Field(description="Time at which the article was first fetched.")
    reported_at: Timestamp = Field(
        description="`published`; the end of the day, month or year if only that is known, at most "
        "`first_seen`; `first_seen` without a usable date."
    )
    revision: int = Field(
        description="1 for the first version of the article; each edit by its outlet adds 1."
    )
    copy_of: int | None = Field(
        description="Id of the original that this article copies; null if it is not a copy."
    )
    copy_share: float | None = Field(
        description="Overlap of the copy and its original: the share of the shorter text that is "
        "also in the longer one, 0 to 1; null if the article is not a copy."
    )


class MemberOut(ArticleOut):
    """An article with its membership in a story."""

    joined_at: Timestamp | None = Field(
        description="Time at which the article joined the story; null if it is in no story."
    )
    score: float | None = Field(description=MEMBER_PROBABILITY)
    evidence: dict[str, Any] = Field(
        description="Stored evidence; empty for the first article of a story. For a fixed schema, "
        "use `/v1/stories/{story_id}/evidence`."
    )

    @classmethod
    def of(cls, member: Member) -> Self:
        membership = member.membership
        return cls(
            **article_fields(member),
            joined_at=membership.since if membership else None,
            score=membership.score if membership else None,
            evidence=membership.evidence if membership else {},
        )


def article_fields(member: Member) -> dict[str, Any]:
    """Fields of `ArticleOut`."""
    report, original = member.report, member.original
    return {
        "id": report.article_id,
        "title": report.title,
        "excerpt": excerpt(member.lead),
        "url": report.url,
        "type": report.type,
        "outlet": OutletBrief.of(report.outlet),
        "language": report.language,
        "author": member.author,
        "published": report.published,
        "date_precision": report.date_precision if report.published else None,
        "claimed_date": member.claimed_date,
        "date_flag": member.date_flag,
        "first_seen": member.first_seen,
        "reported_at": report.reported_at,
        "revision": member.revision,
        "copy_of": original.article_id if original else None,
        "copy_share": original.share if original else None,
    }
