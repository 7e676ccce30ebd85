"""Job of a worker process: extract the article of a page."""

from dataclasses import dataclass, replace
from typing import Self

from service.domain.text.cleaning import MAX_INDEXED_BYTES, clean_identifier, clean_text
from service.domain.text.markup import one_line, shorten
from service.ingest.parsing.processes.worker import Job

MAX_DETAIL_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Page:
    """The article of a page, or the reason why there is none."""

    text: str  #: one line per paragraph
    canonical: str  #: absolute; empty if the page names none
    language: str  #: as declared by the page; empty if it declares none
    outcome: str  #: `stored`, `reserved`, `paywall`, `consent`, `empty` or `failed`
    detail: str = ""

    @classmethod
    def without_text(cls, outcome: str, detail: str) -> Self:
        """Return the outcome of a page that was not extracted."""
        return cls(
            "", "", "", outcome, shorten(one_line(clean_text(detail)), MAX_DETAIL_CHARACTERS)
        )


@dataclass(frozen=True, kw_only=True)
class PageJob(Job[Page]):
    """A page to extract, with the limits of its text in characters."""

    outcome_type = Page

    min_characters: int
    max_characters: int

    def run(self) -> Page:
        """Extract the article."""
        # Only worker processes need the libraries of the extraction, which load slowly.
        from service.ingest.pages.extract import extract_page  # noqa: PLC0415

        page = extract_page(
            self.body,
            url=self.url,
            content_type=self.content_type,
            min_characters=self.min_characters,
        )
        return replace(
            page,
            text=shorten(clean_text(page.text), self.max_characters),
            canonical=clean_identifier(page.canonical, MAX_INDEXED_BYTES),
            detail=clean_text(page.detail),
        )
