"""The stories from which digests and alerts select."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from service.domain.articles import tokenization
from service.domain.articles.article_types import ArticleType
from service.domain.locales.codes import primary_subtag
from service.domain.queries.matching import StoryRecord
from service.domain.search.word_match import LanguageText, WordIndex
from service.domain.stories.pace import TimedReport, find_first_reporters
from service.domain.subscribers.story_records import record_of
from service.domain.text.title_suffixes import strip_title_suffix

#: Minimum outlets of a story that has a first lead.
_MIN_LEAD_OUTLETS = 3
#: Maximum seconds of a first lead.
_MAX_LEAD_SECONDS = 6 * 3600


@dataclass(frozen=True, slots=True)
class DigestReport:
    """An article of a story; `outlet` and `family` are slugs, `copy` marks a copy."""

    article: int
    title: str
    url: str
    outlet: str
    name: str  #: of the outlet
    country: str | None
    family: str  #: of the outlet, or the agency whose text it prints
    language: str | None
    at: datetime
    copy: bool
    type: ArticleType = ArticleType.REPORT
    dated: bool = True  #: whether `at` is a date of the outlet, not the time of arrival
    day: datetime | None = None  #: start of the day if only the day is known
    outlet_family: str = ""  #: slug of the outlet's family
    agency: str = ""  #: slug of the agency whose text it prints
    text: str = ""  #: title, lead and body; only for alerts with a saved query

    @property
    def is_independent(self) -> bool:
        """Whether it counts in the independent coverage: a report that is not a copy."""
        return self.type.is_independent_report and not self.copy

    @property
    def timed(self) -> TimedReport:
        """Outlet and time."""
        return TimedReport(self.outlet, self.at, self.copy, self.day)


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """A sentence of a summary with the name of the outlet that published it.

    `at` is None if the time is not known to the minute. Editions of earlier versions lack language
    and time. `is_local`: it belongs to the summary in another language than that of the headline.
    """

    text: str
    outlet: str
    language: str | None = None
    at: datetime | None = None
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class MembershipPeriod:
    """Time during which an article belonged to a story; `until` is None if it still does."""

    article: int
    story: str
    since: datetime
    until: datetime | None


def independent_coverage(reports: Collection[DigestReport]) -> int:
    """Independent coverage (`articles.coverage`): families with an original report.

    1 if all reports are copies.
    """
    has_report = any(each.type.is_independent_report for each in reports)
    return max(len({each.family for each in reports if each.is_independent}), has_report)


@dataclass(frozen=True, slots=True)
class FirstLead:
    """The first reports of two outlets, and the seconds between them."""

    first: DigestReport
    second: DigestReport
    seconds: int


@dataclass(frozen=True)  # without slots: `cached_property` shares values between subscribers
class DigestStory:
    """A story with its current reports in chronological order, undated ones last; at least one."""

    id: str
    slug: str
    headline: str
    headline_article: int | None  #: source of the headline; None for an editor's headline
    storyline: str | None  #: id
    rank: float  #: `ranking.compute_rank`
    pinned: bool
    changed_at: datetime
    summary: tuple[SummarySentence, ...]  #: in the headline's language, then in all others
    reports: tuple[DigestReport, ...]
    state: str = "open"
    keywords: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  #: people, places and organisations
    #: Of the reports, in this and other stories; only for alerts.
    memberships: tuple[MembershipPeriod, ...] = ()
    local_headlines: frozenset[int] = frozenset()  #: articles with the best title of each language
    storyline_families: int = 0  #: publisher families with a report of the storyline, at any time
    #: The stories of its event, if they are several; `reports` has those of all.
    parts: tuple["DigestStory", ...] = ()

    @cached_property
    def articles(self) -> frozenset[int]:
        """Ids of the reports' articles."""
        return frozenset(each.article for each in self.reports)

    @cached_property
    def record(self) -> StoryRecord:
        """The properties to which saved queries refer."""
        return record_of(self)

    @cached_property
    def dated(self) -> tuple[DigestReport, ...]:
        """The reports with a date."""
        return tuple(each for each in self.reports if each.dated)

    @cached_property
    def times(self) -> tuple[datetime, ...]:
        """Sorted times of the dated reports, or of all reports if none is dated."""
        return tuple(sorted(each.at for each in self.dated or self.reports))

    @cached_property
    def latest(self) -> datetime:
        """Time of the latest report."""
        return self.times[-1]

    @cached_property
    def outlets(self) -> frozenset[str]:
        """Slugs of the reporting outlets."""
        return frozenset(each.outlet for each in self.reports)

    @cached_property
    def countries(self) -> frozenset[str | None]:
        """Countries of the reporting outlets."""
        return frozenset(each.country for each in self.reports)

    @cached_property
    def languages(self) -> frozenset[str]:
        """Languages of the reports, without regions."""
        return frozenset(primary_subtag(each.language) for each in self.reports)

    @cached_property
    def learned_at(self) -> datetime:
        """Time at which the latest report joined the story; reports may carry earlier dates."""
        joined = [each.since for each in self.memberships if each.story == self.id]
        return max(joined, default=self.latest)

    def groups_at(self, at: datetime) -> list[tuple[DigestReport, ...]]:
        """The reports that the service had at a past time, by the story they belonged to then."""
        story_of = {
            each.article: each.story
            for each in self.memberships
            if each.since <= at and (each.until is None or each.until > at)
        }
        known = {each.article for each in self.memberships}
        groups: dict[str, list[DigestReport]] = {}
        for each in self.reports:
            if each.article in story_of:
                groups.setdefault(story_of[each.article], []).append(each)
            elif each.article not in known and each.at <= at:
                groups.setdefault(self.id, []).append(each)
        return [tuple(group) for group in groups.values()]

    @cached_property
    def independent(self) -> int:
        """`independent_coverage` of the reports."""
        return independent_coverage(self.reports)

    @cached_property
    def first_lead(self) -> FirstLead | None:
        """The lead of the first outlet over the next one, or None.

        None if few outlets report the story, if the first report does not count in the independent
        coverage, or if the first outlet is not certain. Also None with a long lead: then the first
        report is nearly always a preview, or about an earlier event.
        """
        reports = [each for each in self.reports if each.type.is_independent_report]
        earliest: dict[str, DigestReport] = {}
        for report in reports:
            if report.dated and report.day is None:
                earliest.setdefault(report.outlet, report)
        reporters = find_first_reporters(
            [each.timed for each in reports if each.dated],
            [each.timed for each in reports if not each.dated],
        )
        if len(earliest) < _MIN_LEAD_OUTLETS or not reporters.certain:
            return None
        first, second = list(earliest.values())[:2]
        seconds = int((second.at - first.at).total_seconds())
        if not 0 < seconds <= _MAX_LEAD_SECONDS or not first.is_independent:
            return None
        return FirstLead(first, second, seconds)

    @cached_property
    def low_coverage_order(self) -> tuple[bool, int, int, float, str]:
        """Sort key in the section on low coverage: dates, coverage, sentences, rank."""
        sentences = sum(not each.is_local for each in self.summary)
        return not self.dated, -self.independent, -sentences, -self.rank, self.id

    @cached_property
    def language(self) -> str:
        """Language of the headline, without the region; "" if it is unknown."""
        source = [each for each in self.reports if each.article == self.headline_article]
        return primary_subtag((source or self.reports)[0].language)

    @cached_property
    def words(self) -> WordIndex:
        """Words of the headline, of the titles of all reports, and of keywords and names."""
        topics = (self.headline, *self.keywords, *self.names)
        titles = (
            LanguageText(strip_title_suffix(each.title), primary_subtag(each.language))
            for each in self.reports
        )
        return WordIndex((*(LanguageText(each, self.language) for each in topics), *titles))

    @cached_property
    def name_words(self) -> WordIndex:
        """Words of the names."""
        return WordIndex(LanguageText(each, self.language) for each in self.names)

    @cached_property
    def summary_words(self) -> tuple[WordIndex, ...]:
        """Words of each sentence of the summary."""
        return tuple(WordIndex([self._sentence_text(each)]) for each in self.summary)

    @cached_property
    def all_summary_words(self) -> WordIndex:
        """Words of all sentences of the summary."""
        return WordIndex(map(self._sentence_text, self.summary))

    def _sentence_text(self, sentence: SummarySentence) -> LanguageText:
        return LanguageText(sentence.text, primary_subtag(sentence.language) or self.language)

    @cached_property
    def headline_words(self) -> frozenset[str]:
        """Words of the headline without stop words, folded."""
        return frozenset(tokenization.words(self.headline)) - tokenization.STOP_WORDS

    @cached_property
    def headline_names(self) -> frozenset[str]:
        """Words of the headline that belong to a name, folded."""
        names = frozenset(word for name in self.names for word in tokenization.words(name))
        return self.headline_words & names

    @cached_property
    def title_words(self) -> frozenset[str]:
        """Words of the headline and of all titles, folded."""
        titles = (word for each in self.reports for word in tokenization.words(each.title))
        return self.headline_words.union(titles)
