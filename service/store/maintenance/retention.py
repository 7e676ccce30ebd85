"""Retention by age: deletes old details and keeps stories, memberships, transitions and counts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session, sessionmaker

from service.settings.sections.daemon import RetentionSettings

#: Rows per transaction.
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Rule:
    """Old rows of one kind.

    `table` and `condition` are SQL; `:before` is the time limit. The rows are deleted, or get the
    values of `update`.
    """

    kind: str
    table: str
    condition: str
    days: float  #: 0 keeps all
    update: str = ""

    def count(self, session: Session, *, now: datetime) -> int:
        """Number of rows to which the rule applies now."""
        statement = f"SELECT count(*) FROM {self.table} WHERE {self.condition}"  # noqa: S608  # own SQL
        return session.scalar(text(statement), {"before": self._limit(now)}) or 0

    def apply(self, session: Session, *, now: datetime) -> int:
        """Delete or empty up to `BATCH` rows; returns how many."""
        change = (
            f"UPDATE {self.table} SET {self.update}"  # noqa: S608  # own SQL
            if self.update
            else f"DELETE FROM {self.table}"  # noqa: S608  # own SQL
        )
        rows = f"SELECT ctid FROM {self.table} WHERE {self.condition} LIMIT {BATCH} FOR UPDATE"  # noqa: S608  # own SQL
        values = {"before": self._limit(now)}
        result: CursorResult[Any] = session.execute(  # type: ignore[assignment]
            text(f"{change} WHERE ctid = ANY(ARRAY({rows} SKIP LOCKED))"), values
        )
        return result.rowcount

    def _limit(self, now: datetime) -> datetime:
        return now - timedelta(days=self.days)


def list_rules(settings: RetentionSettings, *, in_use: timedelta) -> list[Rule]:
    """Return the active rules. Articles that are newer than `in_use` keep texts and vectors."""
    least = in_use / timedelta(days=1)

    def at_least(days: float) -> float:
        return days and max(days, least)

    seen = "first_seen < :before AND stage = 'reconciled'"
    old = f"article_id IN (SELECT id FROM articles WHERE {seen})"  # noqa: S608  # own SQL
    full = "(body <> '' OR page_text <> '')"
    rules = (
        Rule(
            "texts",
            "articles",
            f"{seen} AND {full}",
            at_least(settings.texts_days),
            "body = '', page_text = ''",
        ),
        Rule("vectors", "vectors", old, at_least(settings.vectors_days)),
        Rule("revisions", "revisions", "replaced_at < :before", settings.revisions_days),
        Rule("versions", "story_versions", "valid_until < :before", settings.versions_days),
        Rule("fetches", "fetches", "at < :before", settings.fetches_days),
        Rule("runs", "runs", "started_at < :before AND outcome <> 'running'", settings.runs_days),
        Rule(
            "idle runs",
            "runs",
            "started_at < :before AND outcome <> 'running' AND counts = '{}'",
            settings.idle_runs_days,
        ),
        Rule("reviews", "reviews", "made_at < :before", settings.reviews_days),
        Rule("webhook attempts", "webhook_attempts", "at < :before", settings.attempts_days),
    )
    return [rule for rule in rules if rule.days]


def apply_rules(
    sessions: sessionmaker[Session],
    rules: list[Rule],
    *,
    now: datetime,
    stop_requested: Callable[[], bool],
) -> Iterator[tuple[str, int]]:
    """Apply the rules, one transaction per batch; yields kind and number of rows of each rule."""
    for rule in rules:
        total = 0
        while not stop_requested():
            with sessions.begin() as session:
                count = rule.apply(session, now=now)
            total += count
            if count < BATCH:
                break
        yield rule.kind, total
