"""Job of a worker process: extract the article of a page."""

from dataclasses import dataclass, replace
from typing import Self

from service.domain.text.markup import shorten
from service.ingest.parsing.worker import Job


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
        return cls("", "", "", outcome, detail)


@dataclass(frozen=True, kw_only=True)
class PageJob(Job[Page]):
    """A page to extract, with the limits of its text in characters."""

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
        return replace(page, text=shorten(page.text, self.max_characters))
