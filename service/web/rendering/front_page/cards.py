"""Cards of the front page: each card shows a story in a few lines."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from service.domain.locales.codes import primary_subtag
from service.domain.stories.pace import is_developing
from service.store.counts.silent_outlets import SilentCount
from service.store.story_views.reports import OutletInfo, Report
from service.store.story_views.views import StoryView
from service.web.rendering import display_names
from service.web.rendering.display_names import distinct, latin_name
from service.web.rendering.front_page.excerpts import Excerpt, split_excerpt
from service.web.rendering.front_page.sparkline import Sparkline, draw_sparkline
from service.web.rendering.independence import summarise_notes, uncounted_notes
from service.web.rendering.story_page.silent_outlets import MIN_ACTIVE

#: Maximum number of outlets without a report that a card names.
MAX_SILENT = 3
#: Characters per line of sources, per date or time, and of the number of silent outlets.
LINE_CHARACTERS, TIME_CHARACTERS, SILENT_CHARACTERS = 66, 8, 34
#: Characters of a quote in one line, in two lines of narrow screens and of wide ones; of the lead.
QUOTE_CHARACTERS, FULL_CHARACTERS = (68, 90, 136), 240
#: Characters of a quote beside a long outlet name, which takes the rest of the line.
MIN_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class Source:
    """An outlet of a story with its first report; `note` says why it does not count."""

    report: Report
    note: str


@dataclass(frozen=True, slots=True)
class CardQuote:
    """A sentence of a report; `report` is None if it is no longer in the story."""

    text: str
    language: str | None
    report: Report | None
    note: str = ""  #: why its outlet does not count

    def excerpt(self, *, full: bool = False) -> Excerpt:
        """Parts for one line, two lines of narrow screens, and two lines of wide ones.

        With `full`, the last part ends after `FULL_CHARACTERS`.
        """
        head = len(self.note)
        if self.report:
            head += len(_shown_name(self.report.outlet)) + TIME_CHARACTERS
        columns = [max(each - head, MIN_CHARACTERS) for each in QUOTE_CHARACTERS]
        return split_excerpt(self.text, [*columns[:-1], FULL_CHARACTERS] if full else columns)


@dataclass(frozen=True, slots=True)
class Card:
    """A story with everything that its card shows."""

    story: StoryView
    headline: str
    language: str | None
    quotes: tuple[CardQuote, ...]
    sources: tuple[Source, ...]
    languages: tuple[str, ...]  #: display names
    countries: tuple[str, ...]  #: display names
    sparkline: Sparkline
    developing: bool
    is_new: bool  #: emerged since the last visit
    new_reports: int  #: since the last visit
    silent: SilentCount | None  #: None if unknown

    @property
    def uncounted(self) -> str:
        """How many outlets do not count, by reason: "2 copies, 1 opinion"."""
        return summarise_notes({each.report.outlet.slug: each.note for each in self.sources})

    @property
    def has_few_active(self) -> bool:
        """Too few outlets are active to say who does not report the story."""
        return self.silent is not None and self.silent.active < MIN_ACTIVE

    @property
    def silent_examples(self) -> tuple[tuple[str, str], ...]:
        """Slugs and names of outlets without a report that fit in the rest of a line.

        At least one, unless all report.
        """
        examples = self.silent.examples if self.silent else ()
        ends = accumulate(len(latin_name(name, slug) or name) + 2 for slug, name in examples)
        room = LINE_CHARACTERS - SILENT_CHARACTERS
        return examples[: max(sum(end <= room for end in ends), 1)]

    def first_sources(self, lines: float = 1, *, beside_quote: bool = True) -> tuple[Source, ...]:
        """The first sources that fit in some lines, at least one.

        With `beside_quote`, the outlet of the first quote is left out, unless it is the only one.
        """
        quoted = self.quotes[0].report if beside_quote and self.quotes else None
        slug = quoted.outlet.slug if quoted else ""
        sources = [each for each in self.sources if each.report.outlet.slug != slug] or self.sources
        ends = accumulate(
            len(_shown_name(each.report.outlet)) + TIME_CHARACTERS + len(each.note)
            for each in sources
        )
        return tuple(sources[: max(sum(end <= lines * LINE_CHARACTERS for end in ends), 1)])


def build_card(
    story: StoryView,
    *,
    now: datetime,
    last_visit: datetime | None = None,
    languages: Collection[str] = (),
    silent: SilentCount | None = None,
) -> Card:
    """The card of a story at `now`, in the first of `languages` that has a headline."""
    story = story.in_languages(languages)
    is_new = last_visit is not None and story.emerged_at > last_visit
    notes = uncounted_notes(story)
    return Card(
        story=story,
        headline=story.headline or "Untitled",
        language=story.headline_language,
        quotes=_quotes(story, notes),
        sources=list_sources(story.reports, notes),
        languages=_distinct_names(
            display_names.language_name, (each.language for each in story.reports)
        ),
        countries=_distinct_names(
            display_names.country_name, (each.outlet.country for each in story.reports)
        ),
        sparkline=draw_sparkline(story.reports, notes.keys()),
        developing=story.state == "open" and is_developing(story.details.pace, now),
        is_new=is_new,
        new_reports=0
        if last_visit is None or is_new
        else sum(last_visit < each.reported_at for each in story.reports),
        silent=silent,
    )


def list_sources(reports: Sequence[Report], notes: Mapping[str, str]) -> tuple[Source, ...]:
    """The first report of each outlet, by time; outlets that do not count, with notes, are last."""
    first: dict[str, Report] = {}
    for report in sorted(reports, key=lambda each: (each.outlet.slug in notes, each.copy)):
        first.setdefault(report.outlet.slug, report)
    return tuple(Source(report, notes.get(slug, "")) for slug, report in first.items())


def _quotes(story: StoryView, notes: Mapping[str, str]) -> tuple[CardQuote, ...]:
    """The quotes of the summary that do not repeat the headline.

    Those in the language of the headline come first, and of them those of outlets that count.
    """
    by_id = {report.article_id: report for report in story.reports}
    quotes = []
    for quote in story.details.summary:
        report = by_id.get(int(quote.article))
        if _plain(quote.text) != _plain(story.headline):
            spoken = quote.lang or (report.language if report else None)
            note = notes.get(report.outlet.slug, "") if report else ""
            quotes.append(CardQuote(quote.text, spoken, report, note))
    preferred = primary_subtag(story.headline_language)
    return tuple(
        sorted(
            quotes, key=lambda each: (primary_subtag(each.language) != preferred, bool(each.note))
        )
    )


def _distinct_names(name_of: Callable[[str], str], values: Iterable[str | None]) -> tuple[str, ...]:
    """The display names of values; several values, such as en-GB and en-US, may have one name."""
    return tuple(distinct(map(name_of, distinct(values))))


def _shown_name(outlet: OutletInfo) -> str:
    return latin_name(outlet.name, outlet.slug) or outlet.name


def _plain(text: str) -> str:
    return text.casefold().rstrip(".")
