"""Job of a parser process: parse a feed and convert its entries to article drafts."""

from dataclasses import dataclass, replace
from datetime import datetime

from service.domain.articles.entries import Draft, FeedContext, ParsedFeed
from service.ingest.admit import admit_feed
from service.ingest.parsing.parse import parse_feed
from service.ingest.parsing.processes.worker import Job
from service.settings.sections.ingest import AdmitSettings


@dataclass(frozen=True, slots=True)
class AdmittedFeed:
    """A parsed feed with the drafts of its entries, ready to be stored."""

    parsed: ParsedFeed  #: without its entries
    entries: int
    entry_times: tuple[datetime, ...]  #: exact publication times of the entries, trusted or not
    drafts: tuple[Draft, ...]
    rejections: tuple[str, ...]  #: one line for each rejected entry


@dataclass(frozen=True, kw_only=True)
class AdmissionJob(Job[AdmittedFeed]):
    """A body to parse, with the stored URL and language of its feed, and its outlet's country."""

    outcome_type = AdmittedFeed

    feed_url: str
    language: str
    country: str
    now: datetime
    settings: AdmitSettings
    charset: str = ""  #: set by the operator

    def run(self) -> AdmittedFeed:
        """Parse the body and convert its entries."""
        parsed = parse_feed(
            self.body,
            url=self.url,
            content_type=self.content_type,
            charset=self.charset,
            language=self.language,
        )
        # The stored URL, not the redirected one: it is part of the key of entries without a link.
        language = parsed.language or self.language
        about = FeedContext(self.feed_url, parsed.link, language, self.country)
        drafts, rejections = admit_feed(parsed.entries, about, now=self.now, settings=self.settings)
        return AdmittedFeed(
            parsed=replace(parsed, entries=()),
            entries=len(parsed.entries),
            entry_times=tuple(
                entry.published
                for entry in parsed.entries
                if entry.published and entry.date_precision == "minute"
            ),
            drafts=tuple(drafts),
            rejections=tuple(f"{each.guid or 'an entry'}: {each.reason}" for each in rejections),
        )
