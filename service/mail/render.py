"""Writes emails: HTML that mail clients can show, and plain text that says the same."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from service.domain.subscribers.alerts import Notice
from service.domain.subscribers.digest_model import Card, Digest, Line
from service.domain.text.language_names import country_name, direction
from service.domain.text.links import outside, story_page
from service.mail import formatting

TEMPLATES = Path(__file__).parent / "templates"
#: Gmail cuts an email off beyond 102,400 bytes, and hides the end with its unsubscribe link.
MOST_BYTES = 100_000
_SUBJECT, _PREHEADER = 120, 140


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of our own, absolute; all but `site` are empty in a preview."""

    site: str  #: without a closing slash
    preferences: str = ""
    unsubscribe: str = ""
    archive: str = ""
    confirm: str = ""
    alert: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as it is to be written: for which local date, meant for which moment."""

    digest: Digest
    local_date: date
    at: datetime
    zone: ZoneInfo
    late: bool = False


@dataclass(frozen=True, slots=True)
class Telling:
    """A notice as it is to be written: of what, meant for which moment."""

    notice: Notice
    at: datetime
    zone: ZoneInfo
    late: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """An email without its addresses."""

    subject: str
    html: str
    text: str


class Renderer:
    """Writes emails; one serves for any number of them."""

    def __init__(self, *, title: str, site: str, imprint: str = "") -> None:
        """`title` is what the service calls itself, `imprint` a line at the end of each email."""
        self._site = site.rstrip("/")
        self._fixed = {"title": title, "imprint": imprint}
        self._environment = _environment(self._page)
        self._inliner = CSSInliner(
            keep_at_rules=True, load_remote_stylesheets=False, keep_style_tags=False
        )

    def digest(self, issue: Issue, address: str, links: Links) -> Rendered:
        """An issue. One that would be larger than `MOST_BYTES` is shortened from its end."""
        digest, left_out = issue.digest, 0
        subject, preheader = _subject(digest), _preheader(digest)
        while True:
            values: dict[str, Any] = {
                "issue": issue,
                "digest": digest,
                "zone": issue.zone,
                "late": issue.late,
                "left_out": left_out,
            }
            found = self._write("digest", subject, preheader, address, links, **values)
            if len(found.html.encode()) < MOST_BYTES or len(digest.cards) <= 1:
                return found
            digest, left_out = _shortened(digest), left_out + 1

    def notice(self, told: Telling, address: str, links: Links) -> Rendered:
        """The email of alerts about one story."""
        asked = [formatting.cut(each.query, _PREHEADER) for each in told.notice.alerts]
        # A subject of its own, or mail programs hide it below the first one.
        grown = f"Now {told.notice.card.coverage} outlets: " if told.notice.card.news else ""
        subject = formatting.cut(grown + told.notice.card.headline, _SUBJECT) or "Untitled"
        preheader = formatting.cut(_why(told.notice), _PREHEADER)
        values = {"told": told, "card": told.notice.card, "asked": asked, "zone": told.zone}
        return self._write("notice", subject, preheader, address, links, **values)

    def confirmation(self, address: str, links: Links) -> Rendered:
        """The email that asks whether somebody really subscribed."""
        subject = f"Please confirm: the daily digest of {self._fixed['title']}"
        return self._write("confirm", subject, "One click, and it comes.", address, links)

    def _write(
        self, name: str, subject: str, preheader: str, address: str, links: Links, **values: Any
    ) -> Rendered:
        values |= {**self._fixed, "subject": subject, "preheader": preheader}
        values |= {"address": address, "links": links}
        html = self._environment.get_template(f"{name}.html").render(values)
        text = self._environment.get_template(f"{name}.txt").render(values)
        return Rendered(subject, self._inliner.inline(html), text)

    def _page(self, told: Card | Line) -> str:
        return self._site + story_page(told.story, told.slug)


def _environment(page: Any) -> Environment:
    """Outlets' texts are hostile: escaped in HTML, one line each in plain text."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "page": page,
        "reach": _reach,
        "outside": outside,
        "direction": direction,
        "country_name": country_name,
        "cut": formatting.cut,
        "lasting": formatting.lasting,
        "counted": formatting.counted,
        "local": formatting.local,
        "long_date": formatting.long_date,
        "names_of": formatting.names_of,
        "sparkline": formatting.sparkline,
        "weekday": formatting.weekday,
    }
    return made


def _reach(card: Card) -> str:
    """How many outlets report a story, and how many of them by themselves."""
    if card.independent == card.coverage:
        return f"{card.coverage} outlets"
    own = "on their own" if card.independent > 1 else "source"
    return f"{card.coverage} outlets, {card.independent} {own}"


def _subject(digest: Digest) -> str:
    """The headline of the first story."""
    found = formatting.cut(next(iter(digest.headlines), ""), _SUBJECT)
    return found or ("Untitled" if digest else "Nothing new")


def _preheader(digest: Digest) -> str:
    """What an inbox shows after the subject: the next headlines."""
    following = [formatting.cut(headline, 70) for headline in digest.headlines[1:4]]
    alone = "The story of the day" if digest else "No story that you ask for is new."
    return formatting.cut(" · ".join(following), _PREHEADER) or alone


def _why(notice: Notice) -> str:
    """What an inbox shows of a notice after its subject."""
    reach = _reach(notice.card) if notice.card.coverage > 1 else notice.card.outlets[0]
    return f"{reach} · your alert: {notice.alerts[0].query}"


def _shortened(digest: Digest) -> Digest:
    """Without its last card, of the least important section that has one."""
    if digest.alerts:
        return replace(digest, alerts=digest.alerts[:-1])
    if digest.few:
        return replace(digest, few=digest.few[:-1])
    if len(digest.moved_on) > (not digest.top):
        return replace(digest, moved_on=digest.moved_on[:-1])
    return replace(digest, top=digest.top[:-1])
