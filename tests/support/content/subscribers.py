"""Factories of subscribers, stories and mail settings for tests of the digest."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from jobs.running.context import Context
from service.domain.subscribers.digests.schedule import DeliverySchedule
from service.domain.subscribers.filters import Filters
from service.settings.sections.delivery import MailSettings
from service.store.database.sessions import Sessions
from service.store.subscribers import subscribers
from service.store.subscribers.subscribers import Subscriber
from tests.support.database.rows import Rows

#: Due time of each subscriber's first edition.
DUE = datetime(2023, 4, 26, 7, tzinfo=UTC)
DAILY = DeliverySchedule(ZoneInfo("UTC"), 7, frozenset(range(1, 8)))
NUMBERS = count(1)


def subscribe(
    sessions: Sessions,
    *addresses: str,
    schedule: DeliverySchedule = DAILY,
    filters: Filters | None = None,
) -> list[Subscriber]:
    """Add active subscribers who confirmed 23 hours before `DUE`."""
    before = DUE - timedelta(days=1, hours=-1)
    with sessions.begin() as session:
        added = [
            subscribers.add(session, address, schedule, filters or Filters(), now=before)
            for address in addresses
        ]
        return [subscribers.confirm(session, each.id, now=before) for each in added]


def report_news(sessions: Sessions, at: datetime, outlets: Iterable[str] = ("daily", "sun")) -> str:
    """Store a story reported by some outlets at a time; returns its headline."""
    number = next(NUMBERS)
    headline = f"{'abcdefghijklmnopqrstuvwxyz'[number % 26] * 3}{number} happens"
    with sessions.begin() as session:
        rows = Rows(session)
        articles = [
            rows.article(rows.outlet(f"{outlet}{number}"), headline, at=at) for outlet in outlets
        ]
        rows.story(f"story-{number}", articles)
    return headline


def with_mail(
    context: Context, port: int, *, site: str = "https://news.example", **values: Any
) -> Context:
    """Return the context with a mail server on localhost and the address of the pages."""
    defaults: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "samestory <digest@news.example>",
        "timeout_seconds": 20.0,
        "max_per_minute": 60_000.0,
    }
    mail: MailSettings = replace(context.settings.mail, **{**defaults, **values})
    web = replace(context.settings.web, site=site)
    return replace(context, settings=replace(context.settings, mail=mail, web=web))
