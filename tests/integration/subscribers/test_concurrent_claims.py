"""Several processes that start to send one email at the same moment: one of them may."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from service.store.database import claims
from service.store.database.sessions import Sessions
from service.store.subscribers import deliveries
from service.store.tables import EditionRow
from tests.support.content.subscribers import DUE, subscribe

SENDERS, EMAILS = 4, 60


def test_one_sender_claims_an_email(sessions: Sessions):
    [reader] = subscribe(sessions, "ann@x.example")
    with sessions.begin() as session:
        rows = [
            EditionRow(
                subscriber_id=reader.id,
                local_date=DUE.date() + timedelta(days=day),
                due_at=DUE,
                created_at=DUE,
                next_attempt_at=DUE,
                subject="news",
                content={},
            )
            for day in range(EMAILS)
        ]
        session.add_all(rows)
        session.flush()
        ids = [row.id for row in rows]
    together = threading.Barrier(SENDERS, timeout=60)

    def send(owner: str) -> list[int]:
        claimed = []
        for edition_id in ids:
            together.wait()
            with sessions.begin() as session:
                started = deliveries.start_attempt(
                    session,
                    edition_id,
                    f"<{edition_id}@x.example>",
                    owner=owner,
                    duration=timedelta(minutes=1),
                    now=DUE,
                )
            if started is not None:
                claimed.append(edition_id)
        return claimed

    with claims.open_owner() as owner, ThreadPoolExecutor(SENDERS) as threads:
        claimed = [each for part in threads.map(send, [owner] * SENDERS) for each in part]
    assert Counter(claimed) == Counter(ids)
