"""Faults that the soak injects, one per minute, in a fixed order."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench.service.parts import Daemon, Database
from tests.bench.service.replay import Replay
from tests.support.database.frozen_server import frozen
from tests.support.servers.mail_server import MailServer

#: Seconds of a fault that lasts.
SECONDS = 20.0
#: Seconds before the reply to each email of a slow mail server.
SLOW_MAIL = 3.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What can be disturbed."""

    daemon: Daemon
    database: Database
    replay: Replay
    mail: MailServer


def kill(parts: Parts) -> None:
    """Kill the daemon."""
    parts.daemon.kill()
    parts.daemon.ensure_runs()


def restart(parts: Parts) -> None:
    """Restart the daemon as an operator would."""
    parts.daemon.stop()
    parts.daemon.ensure_runs()


def freeze_daemon(parts: Parts) -> None:
    """Suspend the daemon."""
    with parts.daemon.frozen():
        time.sleep(SECONDS)


def freeze_database(parts: Parts) -> None:
    """Suspend all processes of the database server."""
    with frozen(parts.database.server):
        time.sleep(SECONDS)


def restart_database(parts: Parts) -> None:
    """Crash the database server, and start it again."""
    parts.database.restart()


def drop_locks(parts: Parts) -> None:
    """End the connections that have the locks of the jobs."""
    parts.database.drop_locks()


def fill_disk(parts: Parts) -> None:
    """Leave no space on the disk of the database."""
    with parts.database.full_disk():
        time.sleep(SECONDS)


def slow_mail(parts: Parts) -> None:
    """Let the mail server respond slowly."""
    parts.mail.delay = SLOW_MAIL
    time.sleep(SECONDS)
    parts.mail.delay = 0


def break_feeds(parts: Parts) -> None:
    """Let the feeds misbehave in many ways."""
    parts.replay.misbehaves = True
    time.sleep(2 * SECONDS)
    parts.replay.misbehaves = False


FAULTS: tuple[Callable[[Parts], None], ...] = (
    break_feeds,
    kill,
    freeze_database,
    drop_locks,
    restart_database,
    slow_mail,
    kill,
    fill_disk,
    freeze_daemon,
    restart,
)


def cycle(*, has_own_disk: bool) -> Iterator[Callable[[Parts], None]]:
    """Yield the faults again and again; without a disk of its own, it is not filled."""
    while True:
        yield from (each for each in FAULTS if has_own_disk or each is not fill_disk)
