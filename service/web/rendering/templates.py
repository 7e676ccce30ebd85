"""Jinja environment of the pages: autoescaping, strict undefined, filters for times and scores."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.domain.articles.article_types import ArticleType
from service.errors.redaction import redact_url
from service.store.story_views.reports import Report
from service.store.story_views.views import StoryView
from service.web.rendering import display_names, links
from service.web.rendering.independence import group_notes, list_counted, uncounted_notes
from service.web.rendering.reader_clock import (
    COMMON_ZONES,
    MONTHS,
    UNITS,
    ReaderClock,
    current_languages,
    current_time,
    current_zone,
)
from service.web.rendering.story_page.evidence import read_evidence
from service.web.rendering.story_page.points import dots
from service.web.rendering.story_page.timeline import position_classes
from service.web.rendering.viewer import current_viewer

TEMPLATES = Path(__file__).parents[1] / "templates"
STATIC = Path(__file__).parents[1] / "static"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
#: Durations of hours below this number of hours have minutes.
MINUTES_BELOW = 10
#: Durations below this number of seconds have one decimal.
TENTHS_BELOW = 10


def create_environment(title: str, static: Path) -> Environment:
    """Environment of all templates; texts of outlets are untrusted, so escaping is always on."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    files = sorted(each for each in static.iterdir() if each.suffix in {".css", ".js"})
    digest = hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:10]
    environment.globals |= {
        "site": title,
        "version": digest,
        "zones": COMMON_ZONES,
        "dots": dots,
        "position_classes": position_classes,
        "chips": chips,
        "zone_name": zone_name,
        "group_notes": group_notes,
        "list_counted": list_counted,
        "uncounted_notes": uncounted_notes,
        "delays": delays,
        "count_types": count_types,
        "outlets_by_slug": display_names.outlets_by_slug,
        "outlet_names": display_names.outlet_names,
        "viewer": current_viewer.get,
        "reader_languages": current_languages.get,
    }
    environment.globals |= {each.__name__: each for each in _PATHS}
    environment.filters |= _FILTERS
    return environment


def chips(reports: Sequence[Report]) -> list[Report]:
    """The first report of each outlet, or its first copy if it has only copies, in their order."""
    first: dict[str, Report] = {}
    for report in reports:
        earlier = first.setdefault(report.outlet.slug, report)
        if earlier.copy and not report.copy:
            first[report.outlet.slug] = report
    return list(first.values())


def count_types(reports: Sequence[Report]) -> list[tuple[ArticleType, int]]:
    """The types of the reports with the number of each, in the order of `ArticleType`."""
    counts = Counter(report.type for report in reports)
    return [(each, counts[each]) for each in ArticleType if each in counts]


def delays(story: StoryView) -> dict[str, timedelta]:
    """Delay of each outlet's first report after the very first one, by outlet name."""
    names = display_names.outlet_names(story.reports)
    return {names.get(each.outlet, each.outlet): each.delay for each in story.details.delays}


def day(at: date) -> str:
    """Date in the reader's zone, such as 25 Apr 2023; without the year if it is this year."""
    zone, now = current_zone.get(), current_time.get()
    local = at.astimezone(zone) if isinstance(at, datetime) else at
    with_year = now is None or local.year != now.astimezone(zone).year
    return f"{local.day} {MONTHS[local.month - 1]}{f' {local.year}' if with_year else ''}"


def time_of_day(at: datetime) -> str:
    """Time of day in the reader's zone, such as 09:14."""
    return f"{at.astimezone(current_zone.get()):%H:%M}"


def date_time(at: datetime) -> str:
    """Date and time in the reader's zone."""
    return f"{day(at)}, {time_of_day(at)}"


def zone_name() -> str:
    """IANA name of the reader's zone."""
    return str(current_zone.get())


def since(at: datetime, now: datetime) -> str:
    """Time since `at`, and date and time in the reader's zone, such as 2 h ago, 09:14."""
    return ReaderClock(now, current_zone.get()).since(at)


def ago(at: datetime) -> str:
    """Time since `at` while a page is rendered, such as 2 h ago."""
    return ReaderClock(current_time.get() or at).ago(at)


def report_time(report: Report) -> str:
    """Date of a report as precise as it is known, in the reader's zone."""
    if report.published is None:
        return f"no date, no later than {date_time(report.reported_at)}"
    return day(report.day) if report.day else date_time(report.reported_at)


def iso(at: datetime) -> str:
    """ISO 8601 for the HTML attribute `datetime`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def duration(span: timedelta) -> str:
    """Duration in its largest unit, such as 2 d; from one to ten hours with minutes."""
    size = abs(span)
    hours, rest = divmod(size, HOUR)
    if 0 < hours < MINUTES_BELOW and rest >= MINUTE:
        return f"{hours} h {rest // MINUTE} min"
    for unit, length in UNITS:
        if size >= length:
            return f"{size // length} {unit}"
    return "under a minute"


def seconds(value: float) -> str:
    """Number of seconds with one decimal below 10 s; from a minute on, in its largest unit."""
    span = timedelta(seconds=value)
    if span >= UNITS[-1][1]:
        return duration(span)
    return f"{rate(value)} s" if value < TENTHS_BELOW else f"{value:.0f} s"


def number(value: float) -> str:
    """Score with two decimals."""
    return f"{value:.2f}".replace("-", "−")


def rate(value: float) -> str:
    """Rate with one decimal, which is omitted if it is zero."""
    return f"{value:.1f}".removesuffix(".0")


#: Filters of the templates by name.
_FILTERS: dict[str, Callable[..., Any]] = {
    "date_time": date_time,
    "time_of_day": time_of_day,
    "day": day,
    "iso": iso,
    "since": since,
    "ago": ago,
    "report_time": report_time,
    "duration": duration,
    "seconds": seconds,
    "zip": zip,
    "number": number,
    "rate": rate,
    "with_as_of": links.with_as_of,
    "with_query": links.with_query,
    "external_url": links.external_url,
    "without_campaign": links.without_campaign,
    "redact_url": redact_url,
    "country_name": display_names.country_name,
    "language_name": display_names.language_name,
    "direction": display_names.direction,
    "type_name": display_names.TYPE_NAMES.__getitem__,
    "distinct": display_names.distinct,
    "excerpt": display_names.excerpt,
    "latin_name": display_names.latin_name,
    "with_latin_name": display_names.with_latin_name,
    "evidence": read_evidence,
}
#: Functions of the templates that return paths.
_PATHS = (
    links.story_path,
    links.storyline_path,
    links.outlet_path,
    links.markdown_path,
    links.story_api_path,
    links.storyline_api_path,
)
