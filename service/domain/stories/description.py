"""Description of a story, derived from its articles: headline, keywords, summary, pace and rank."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from service.domain.articles.agency_credits import AgencyNames
from service.domain.articles.coverage import (
    AgencyText,
    Coverage,
    count_coverage,
    credit_agencies,
    list_agency_texts,
)
from service.domain.articles.model import Article, ArticleId, Vectors
from service.domain.entities.gazetteer import Gazetteer
from service.domain.entities.story_entities import Entity, find_entities
from service.domain.locales.codes import primary_subtag
from service.domain.pairs.vocabulary import Vocabulary
from service.domain.stories.developments import Development, find_developments
from service.domain.stories.pace import Delay, Pace, TimedReport, list_delays, measure_pace
from service.domain.stories.ranking import Rank, compute_rank
from service.domain.stories.wording.headline import LocalHeadline, choose_local_headlines
from service.domain.stories.wording.keywords import extract_keywords
from service.domain.stories.wording.sentences.repetition import Encode
from service.domain.stories.wording.summary import Quote, summarise
from service.domain.stories.wording.title_parts import headline_text
from service.domain.urls.slugs import slugify

#: Finds the entities of articles; None if it cannot.
Recognise = Callable[[Sequence[Article]], Sequence[Entity] | None]


@dataclass(frozen=True, slots=True)
class StoryContent:
    """A story's articles with their vectors, and the article whose title is the headline."""

    articles: Sequence[Article]
    vectors: Vectors
    headline_article: Article


@dataclass(frozen=True, slots=True)
class DescriptionContext:
    """Data beyond a story's own articles, shared by all descriptions of a batch."""

    original_of: Mapping[ArticleId, ArticleId]  #: original by copy
    families: Mapping[str, str]  #: publisher family by outlet
    outlet_names: Mapping[str, str]
    agency_names: AgencyNames
    vocabulary: Vocabulary
    gazetteer: Gazetteer
    reported_at: Mapping[ArticleId, datetime]
    encode: Encode | None = None  #: for sentences; without it only their words are compared
    recognise: Recognise | None = None  #: replaces the built-in search of entities


@dataclass(frozen=True, slots=True)
class Details:
    """Details of a story's description; empty before the first one. Outlets are slugs."""

    summary: tuple[Quote, ...] = ()
    entities: tuple[Entity, ...] = ()
    developments: tuple[Development, ...] = ()
    pace: Pace | None = None
    delays: tuple[Delay, ...] = ()
    rank: Rank | None = None
    agencies: tuple[AgencyText, ...] = ()
    headlines: tuple[LocalHeadline, ...] = ()
    local_summary: tuple[Quote, ...] = ()  #: sentences in the other languages of `headlines`

    def limit_to_articles(
        self, article_ids: Collection[int], quotable: Collection[int]
    ) -> "Details":
        """The details without titles of other articles, such as hidden ones.

        Quotes remain only from `quotable` articles.
        """
        return replace(
            self,
            summary=tuple(each for each in self.summary if int(each.article) in quotable),
            local_summary=tuple(
                each for each in self.local_summary if int(each.article) in quotable
            ),
            developments=tuple(
                each for each in self.developments if int(each.article) in article_ids
            ),
            headlines=tuple(each for each in self.headlines if int(each.article) in article_ids),
            agencies=tuple(
                replace(each, articles=articles)
                for each in self.agencies
                if (articles := tuple(key for key in each.articles if key in article_ids))
            ),
        )

    def summary_in(self, language: str) -> tuple[Quote, ...]:
        """The summary in a language, an ISO 639-1 code; `summary` if there is none in it."""
        local = (each for each in self.local_summary if primary_subtag(each.lang) == language)
        return tuple(local) or self.summary

    def source_of(self, article_id: int, family: str) -> str:
        """The source that an article counts for: the agency whose text it prints, or its family."""
        agencies = (each.name for each in self.agencies if article_id in each.articles)
        return next((f"agency:{name}" for name in agencies), family)


@dataclass(frozen=True, slots=True)
class StoryDescription:
    """Description of a story for readers; recomputed after every change of its members."""

    story_id: str
    slug: str
    headline: str
    headline_article_id: int
    keywords: Sequence[str]
    articles: int
    coverage: Coverage
    details: Details

    @property
    def rank(self) -> float:
        """The total rank of the story in the default list order."""
        return self.details.rank.total if self.details.rank else 0.0


@dataclass(frozen=True, slots=True)
class _TimedArticles:
    """The articles whose times count for developments and pace.

    `rows` are the positions of the articles with a trusted date. If no article has one, `rows` are
    the positions of all articles, their times are those of arrival, and `dated` is False. `exact`
    are those with a trusted time, known to the minute; `ranked` are those of them with the type
    report, which have delays.
    """

    rows: list[int]
    reports: list[TimedReport]
    exact: list[TimedReport]
    ranked: list[TimedReport]
    dated: bool

    @classmethod
    def select(
        cls,
        articles: Sequence[Article],
        copies: Collection[ArticleId],
        reported_at: Mapping[ArticleId, datetime],
    ) -> Self:
        dated = [row for row, each in enumerate(articles) if each.published is not None]
        rows = dated or list(range(len(articles)))
        reports = [
            TimedReport(each.outlet, reported_at[each.id], each.id in copies)
            for each in (articles[row] for row in rows)
        ]
        exact = [
            (articles[row], report)
            for row, report in zip(rows, reports, strict=True)
            if articles[row].published is not None and not articles[row].day_only
        ]
        ranked = [report for each, report in exact if each.type.is_independent_report]
        return cls(rows, reports, [report for _, report in exact], ranked, dated=bool(dated))

    def developments(
        self, story: StoryContent, copies: Collection[ArticleId]
    ) -> tuple[Development, ...]:
        """The developments of the story among these articles."""
        developments = find_developments(
            [story.articles[row] for row in self.rows],
            story.vectors[self.rows],
            [each.at for each in self.reports],
            copies,
        )
        return tuple(developments)


def describe_story(
    story_id: str,
    story: StoryContent,
    neighbours: Sequence[Article],
    context: DescriptionContext,
    last_reported_at: datetime,
) -> StoryDescription:
    """Describe a story; `neighbours` are the nearest articles of other stories."""
    articles, copies = story.articles, context.original_of
    title = headline_text(story.headline_article.title, story.headline_article.lang)
    originals = [each for each in articles if each.id not in copies] or articles
    credits_of = {
        each.id: credited for each in articles if (credited := context.agency_names.find(each))
    }
    agency_of = credit_agencies(articles, copies, credits_of)
    coverage = count_coverage(articles, copies, context.families, agency_of)
    timed = _TimedArticles.select(articles, copies, context.reported_at)
    pace = measure_pace(timed.exact or timed.reports)
    outlets_per_hour = pace.outlets_per_hour if pace else 0.0
    headlines = tuple(choose_local_headlines(articles, story.vectors, copies))
    details = Details(
        summary=_summarise(story, context),
        local_summary=_summarise_locally(story, headlines, context),
        entities=_find_entities(articles, originals, context),
        developments=timed.developments(story, copies),
        pace=pace,
        headlines=headlines,
        agencies=tuple(list_agency_texts(articles, agency_of, context.outlet_names)),
        delays=tuple(list_delays(timed.ranked)),
        rank=compute_rank(
            coverage.independent, last_reported_at, outlets_per_hour, dated=timed.dated
        ),
    )
    return StoryDescription(
        story_id=story_id,
        slug=slugify(title),
        headline=title,
        headline_article_id=int(story.headline_article.id),
        keywords=extract_keywords(originals, context.vocabulary, neighbours=neighbours),
        articles=len(articles),
        coverage=coverage,
        details=details,
    )


def _summarise(story: StoryContent, context: DescriptionContext) -> tuple[Quote, ...]:
    """The quoted sentences of a story."""
    quotes = summarise(
        story.articles,
        context.vocabulary,
        context.original_of,
        story.headline_article,
        reported_at=context.reported_at,
        encode=context.encode,
    )
    return tuple(quotes)


def _summarise_locally(
    story: StoryContent, headlines: Iterable[LocalHeadline], context: DescriptionContext
) -> tuple[Quote, ...]:
    """The quoted sentences in languages other than that of the headline, by language."""
    by_id = {each.id: each for each in story.articles}
    language = primary_subtag(story.headline_article.lang)
    return tuple(
        quote
        for each in headlines
        if each.lang != language
        for quote in summarise(
            story.articles,
            context.vocabulary,
            context.original_of,
            by_id[each.article],
            reported_at=context.reported_at,
            encode=context.encode,
            one_language=True,
        )
    )


def _find_entities(
    articles: Sequence[Article], originals: Sequence[Article], context: DescriptionContext
) -> tuple[Entity, ...]:
    """The entities that `context.recognise` finds, else those of the gazetteer."""
    entities = context.recognise(originals) if context.recognise else None
    if entities is None:
        copies = context.original_of
        entities = find_entities(articles, context.gazetteer, copies, context.outlet_names)
    return tuple(entities)
