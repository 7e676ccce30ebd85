"""Outages: one log line when something stops working, one when it works again."""

import time
from dataclasses import dataclass, field
from threading import Lock

import structlog

log = structlog.get_logger()


@dataclass(slots=True)
class _Outage:
    since: float = field(default_factory=time.monotonic)
    failures: int = 1


class Outages:
    """Outages of this process by subject, such as the database or a job; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._current: dict[str, _Outage] = {}

    def failed(self, subject: str, error: str, *, job: str) -> None:
        """Report that a job failed because of a subject; only the first failure is logged."""
        with self._lock:
            if current := self._current.get(subject):
                current.failures += 1
                return
            self._current[subject] = _Outage()
        log.error(
            "job failed; an outage of this subject is not logged again",
            action="job_failed",
            subject=subject,
            job=job,
            error=error,
        )

    def worked(self, subject: str) -> None:
        """Report a success; the first one after an outage is logged with the number of failures."""
        with self._lock:
            outage = self._current.pop(subject, None)
        if outage:
            log.warning(
                "outage ended",
                action="outage_ended",
                subject=subject,
                seconds=round(time.monotonic() - outage.since, 1),
                failures=outage.failures,
            )
