"""Email rendering: HTML for mail clients, and plain text with the same content."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from service.domain.locales.names import country_name, direction
from service.domain.subscribers.alerts import AlertEmail
from service.domain.subscribers.digests.editions import Digest, StoryCard, StoryLink
from service.domain.urls.links import external_url, story_path
from service.mail import formatting

TEMPLATES = Path(__file__).parent / "templates"
#: Gmail clips emails beyond 102,400 bytes, which would hide the unsubscribe link at the end.
MAX_BYTES = 100_000
#: Maximum rendered cards that a renderer keeps, of each format; one takes about 3 kB.
_MAX_CARDS = 1024
#: Longest URL of an outlet in plain text.
_SHORT_URL_LENGTH = 72
_SUBJECT_LENGTH, _PREHEADER_LENGTH, _HEADLINE_LENGTH = 120, 140, 70


@dataclass(frozen=True, slots=True)
class Links:
    """Absolute links to our pages; all except `site` are empty in a preview."""

    site: str  #: without a trailing slash
    preferences: str = ""
    unsubscribe: str = ""
    archive: str = ""
    confirm: str = ""
    alert: str = ""


@dataclass(frozen=True, slots=True)
class DigestMessage:
    """A digest to render, with its local date and due time."""

    digest: Digest
    local_date: date
    at: datetime
    time_zone: ZoneInfo
    late: bool = False


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """An alert email to render, with its creation time."""

    content: AlertEmail
    at: datetime
    time_zone: ZoneInfo
    late: bool = False


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """Subject and body of an email."""

    subject: str
    html: str
    text: str


class Renderer:
    """Renders emails; reusable for any number of them."""

    def __init__(self, *, title: str, site: str, imprint: str = "") -> None:
        """`title` names the service; `imprint` is a line at the end of each email."""
        self._site = site.rstrip("/")
        self._common = {"title": title, "imprint": imprint}
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            # Outlets' text is untrusted: HTML escapes it, and `cut` keeps it on one line.
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters |= {
            "page_url": self._page_url,
            "short_page_url": self._short_page_url,
            "short_url": _short_url,
            "coverage": _describe_coverage,
            "external_url": external_url,
            "direction": direction,
            "country_name": country_name,
            "cut": formatting.cut,
            "duration": formatting.duration,
            "pluralize": formatting.pluralize,
            "local_time": formatting.local_time,
            "long_date": formatting.long_date,
            "list_names": formatting.list_names,
            "sparkline": formatting.sparkline,
            "relative_day": formatting.relative_day,
        }
        # Subscribers share most cards.
        for kind in ("html", "txt"):
            macros = vars(self._environment.get_template(f"_card.{kind}").module)
            self._environment.globals[f"{kind}_card"] = lru_cache(_MAX_CARDS)(macros["card"])
        self._inliner = CSSInliner(
            keep_at_rules=True, load_remote_stylesheets=False, keep_style_tags=False
        )

    def digest(self, message: DigestMessage, address: str, links: Links) -> RenderedEmail:
        """Render a digest with its first headline as the subject.

        Leaves out as few stories from the end as needed to keep the HTML below `MAX_BYTES`, and
        keeps at least one.
        """
        digest = message.digest
        first = formatting.cut(next(iter(digest.headlines), ""), _SUBJECT_LENGTH)
        subject = first or ("Untitled" if digest else "Nothing new")
        preheader = _digest_preheader(digest)

        @cache
        def render(left_out: int) -> RenderedEmail:
            rest = _drop_last_stories(digest, left_out)
            values = {"message": message, "digest": rest, "left_out": left_out}
            return self._render("digest", subject, preheader, address, links, **values)

        most = len(digest.alerts) + len(digest.cards) - 1
        if most <= 0 or _is_small(render(0)):
            return render(0)
        return render(bisect_left(range(most), True, lo=1, key=lambda n: _is_small(render(n))))

    def alert(self, message: AlertMessage, address: str, links: Links) -> RenderedEmail:
        """Render an alert email."""
        alerts, card = message.content.alerts, message.content.card
        descriptions = [formatting.cut(each.query, _PREHEADER_LENGTH) for each in alerts]
        # The subject differs from the first email's, or mail programs would fold both together.
        prefix = f"Now {card.coverage} outlets: " if card.news else ""
        subject = formatting.cut(prefix + card.headline, _SUBJECT_LENGTH) or "Untitled"
        coverage = _describe_coverage(card) if card.coverage > 1 else card.outlets[0]
        preheader = formatting.cut(f"{coverage} · your alert: {alerts[0].query}", _PREHEADER_LENGTH)
        values = {"message": message, "card": card, "descriptions": descriptions}
        return self._render("alert", subject, preheader, address, links, **values)

    def confirmation(self, address: str, links: Links) -> RenderedEmail:
        """Render the email with the link that confirms a subscription."""
        subject = f"Please confirm your subscription to {self._common['title']}"
        return self._render(
            "confirm", subject, "Confirm to receive the daily digest.", address, links
        )

    def _render(
        self, name: str, subject: str, preheader: str, address: str, links: Links, **values: Any
    ) -> RenderedEmail:
        values |= {**self._common, "subject": subject, "preheader": preheader}
        values |= {"address": address, "links": links}
        html = self._environment.get_template(f"{name}.html").render(values)
        text = self._environment.get_template(f"{name}.txt").render(values)
        return RenderedEmail(subject, self._inliner.inline(html), text)

    def _short_page_url(self, story: StoryCard | StoryLink) -> str:
        return self._site + story_path(story.story)

    def _page_url(self, story: StoryCard | StoryLink) -> str:
        return self._site + story_path(story.story, story.slug)


def _short_url(url: str) -> str:
    """The URL if it fits into a line of plain text; otherwise the story page has the link."""
    return url if len(url) <= _SHORT_URL_LENGTH else ""


def _describe_coverage(card: StoryCard) -> str:
    """Format the number of outlets, and how many of them report independently."""
    if card.independent == card.coverage:
        return f"{card.coverage} outlets"
    return f"{card.coverage} outlets, {card.independent} independent"


def _digest_preheader(digest: Digest) -> str:
    """The next headlines, which an inbox shows after the subject."""
    following = [formatting.cut(each, _HEADLINE_LENGTH) for each in digest.headlines[1:4]]
    default = "The story of the day" if digest else "No new story matches your preferences."
    return formatting.cut(" · ".join(following), _PREHEADER_LENGTH) or default


def _is_small(email: RenderedEmail) -> bool:
    return len(email.html.encode()) < MAX_BYTES


def _drop_last_stories(digest: Digest, count: int) -> Digest:
    """Remove the last stories, in the order alerts, low coverage, updates, main section."""
    for section in ("alerts", "low_coverage", "updates", "top"):
        stories = getattr(digest, section)
        kept = max(len(stories) - count, 0)
        count -= len(stories) - kept
        digest = replace(digest, **{section: stories[:kept]})
    return digest
