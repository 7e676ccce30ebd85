"""Templates: everything escaped, nothing undefined, and how times and scores are written."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.store.story_views.reports import Report
from service.store.story_views.views import StoryView
from service.web.rendering import display_names, links, timeline
from service.web.rendering.evidence import read_evidence
from service.web.requests import parameters

TEMPLATES = Path(__file__).parents[1] / "templates"
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
#: Steps in which ages are told, the largest first.
UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1)))


def environment(title: str, static: Path) -> Environment:
    """All templates; outlets' texts are hostile, so escaping is never off."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    digest = hashlib.sha256((static / "site.css").read_bytes()).hexdigest()[:10]
    made.globals |= {"site": title, "version": digest}
    made.globals |= {"dots": timeline.dots, "lanes": timeline.lanes, "chips": chips}
    made.globals |= {"delays": delays, "outlet_names": display_names.outlet_names}
    made.filters |= {
        "moment": moment,
        "clock_time": clock_time,
        "day": day,
        "iso": iso,
        "lasting": lasting,
        "number": number,
        "rate": rate,
        "at_instant": links.at_instant,
        "outside": links.outside,
        "without_secrets": links.without_secrets,
        "country_name": display_names.country_name,
        "language_name": display_names.language_name,
        "direction": display_names.direction,
        "distinct": parameters.distinct,
        "excerpt": parameters.excerpt,
        "evidence": read_evidence,
    }
    made.globals |= {"story_page": links.story_page, "storyline_page": links.storyline_page}
    made.globals |= {"story_api": links.story_api, "storyline_api": links.storyline_api}
    return made


def chips(reports: Sequence[Report]) -> list[tuple[str, bool]]:
    """The outlets of reports by name, and whether all that one has are copies."""
    copies: dict[str, bool] = {}
    for report in reports:
        copies[report.outlet.name] = copies.get(report.outlet.name, True) and report.copy
    return list(copies.items())


def delays(story: StoryView) -> dict[str, timedelta]:
    """How long after the first reporter each outlet, by name, had its first report."""
    known = display_names.outlet_names(story.reports)
    return {known.get(each.outlet, each.outlet): each.delay for each in story.details.delays}


def day(at: datetime) -> str:
    """A date in UTC, such as 25 Apr 2023."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {MONTHS[utc.month - 1]} {utc.year}"


def clock_time(at: datetime) -> str:
    """A time of day in UTC, such as 09:14."""
    return f"{at.astimezone(UTC):%H:%M}"


def moment(at: datetime) -> str:
    """A date and a time in UTC."""
    return f"{day(at)}, {clock_time(at)}"


def iso(at: datetime) -> str:
    """For the attribute `datetime`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def lasting(span: timedelta) -> str:
    """A duration in its largest unit, such as 9 h."""
    size = abs(span)
    for unit, length in UNITS:
        if size >= length:
            return f"{size // length} {unit}"
    return "under a minute"


def number(value: float) -> str:
    """A score with two digits."""
    return f"{value:.2f}".replace("-", "−")


def rate(value: float) -> str:
    """Something per hour with one digit, without one where it is zero."""
    return f"{value:.1f}".removesuffix(".0")
