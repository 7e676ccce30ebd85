"""What a run of the service ends with, and the comparison of two runs."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from tests.bench.service.parts import Database
from tests.bench.service.replay import Entry, Replay
from tests.support.servers.mail_server import MailServer
from tests.support.servers.webhook_receiver import WebhookReceiver

#: Work that is left; all counts are 0 when the service has settled.
LEFT = """
    SELECT (SELECT count(*) FROM articles WHERE stage <> 'reconciled')
         + (SELECT count(*) FROM stories WHERE state <> 'merged'
            AND (described_at IS NULL OR described_at < changed_at))
         + (SELECT count(*) FROM editions WHERE state = 'waiting')
         + (SELECT count(*) FROM subscribers AS reader WHERE state = 'active' AND NOT EXISTS
            (SELECT FROM editions WHERE subscriber_id = reader.id))
         + (SELECT count(*) FROM webhook_blocked_stories)
         + (SELECT count(*) FROM webhooks
            WHERE last_delivered_id < (SELECT max(id) FROM transitions))
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Articles, stories and deliveries at the end of a run."""

    articles: Mapping[str, tuple[str, str]]  #: title and text by URL
    stories: frozenset[frozenset[str]]  #: URLs
    readers: frozenset[str]  #: addresses that received a digest
    unsent: int  #: digests that were not sent
    repeated_emails: int  #: copies of an email that was received already
    missed_changes: int  #: changes of stories that the webhook did not receive
    repeated_changes: int
    lags: tuple[float, float, float]  #: seconds from the feed to a story: median, p95, maximum
    job_failures: Mapping[str, int]


def count_left(database: Database) -> int:
    """Return the number of articles, stories and deliveries that wait."""
    return int(_rows(database, LEFT)[0][0])


def count_described(database: Database) -> int:
    """Return the number of described stories with several outlets."""
    query = "SELECT count(*) FROM stories WHERE described_at IS NOT NULL AND coverage > 1"
    return int(_rows(database, query)[0][0])


def count_unread(database: Database, *, since: datetime) -> int:
    """Return the number of feeds that were not read since a time."""
    query = (
        "SELECT count(*) FROM feeds f WHERE NOT EXISTS (SELECT FROM fetches r "
        "WHERE r.feed_id = f.id AND r.at > %s AND r.outcome <> 'failed')"
    )
    with database.connect() as connection:
        return int(str(connection.execute(query, [since]).fetchall()[0][0]))


def read_outcome(
    database: Database,
    replay: Replay,
    entries: Sequence[Entry],
    mail: MailServer,
    receiver: WebhookReceiver,
) -> Outcome:
    """Read the state of the database and what the servers received."""
    rows = _rows(
        database,
        "SELECT a.url, a.title, a.text, m.story_id, extract(epoch FROM first.at) FROM articles a "
        "LEFT JOIN memberships m ON m.article_id = a.id AND m.valid_until IS NULL "
        "LEFT JOIN LATERAL (SELECT min(valid_from) AS at FROM memberships f "
        "WHERE f.article_id = a.id) first ON true",
    )
    stories = defaultdict[str, set[str]](set)
    for url, _, _, story, _ in rows:
        stories[story or f"none {url}"].add(url)
    published = {each.url.split("?")[0]: replay.published_at(each) for each in entries}
    lags = [
        float(at) - published[url.split("?")[0]]
        for url, _, _, _, at in rows
        if at is not None and url.split("?")[0] in published
    ]
    median, p95, longest = np.percentile(lags or [0], [50, 95, 100])
    changes = {row[0] for row in _rows(database, "SELECT id FROM transitions")}
    delivered = Counter(each.data["id"] for each in receiver.accepted)
    emails = Counter((to, str(email["Message-ID"])) for to, email in mail.received)
    [[unsent]] = _rows(database, "SELECT count(*) FROM editions WHERE state NOT IN ('sent')")
    failures = _rows(
        database, "SELECT job, count(*) FROM runs WHERE outcome = 'failed' GROUP BY job"
    )
    return Outcome(
        articles={url: (title, text) for url, title, text, _, _ in rows},
        stories=frozenset(map(frozenset, stories.values())),
        readers=frozenset(to for to, _ in emails),
        unsent=unsent,
        repeated_emails=sum(emails.values()) - len(emails),
        missed_changes=len(changes - delivered.keys()),
        repeated_changes=sum(delivered.values()) - len(delivered),
        lags=(float(median), float(p95), float(longest)),
        job_failures=dict(failures),
    )


def find_problems(outcome: Outcome, undisturbed: Outcome) -> list[str]:
    """Compare a disturbed run with an undisturbed one."""
    problems = []
    for name, found, expected in (
        ("articles", outcome.articles.items(), undisturbed.articles.items()),
        ("stories", outcome.stories, undisturbed.stories),
        ("readers", outcome.readers, undisturbed.readers),
    ):
        missing, more = len(set(expected) - set(found)), len(set(found) - set(expected))
        if missing or more:
            problems.append(f"{name}: {missing} missing, {more} that the other run has not")
    counts = {"unsent emails": outcome.unsent, "missed changes": outcome.missed_changes}
    return problems + [f"{name}: {count}" for name, count in counts.items() if count]


def _rows(database: Database, query: str) -> list[Any]:
    with database.connect() as connection:
        return connection.execute(query).fetchall()
