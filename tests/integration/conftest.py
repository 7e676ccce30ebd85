"""Job context on the database of a test, with a fake encoder and loopback allowed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from jobs.running.context import Context
from service.commands.running.models import load_merge_model, load_pair_model
from service.settings import load as settings_module
from service.settings.samples import for_samples
from service.store.database.sessions import make_sessions
from tests.support.encoders import WordEncoder
from tests.support.logging_state import restored_logging
from tests.support.servers.feed_server import FeedServer
from tests.support.servers.mail_server import MailServer

NOW = datetime(2023, 4, 25, 18, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """A clock that tests advance."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def make_context(engine: Engine, clock: Callable[[], datetime]) -> Context:
    """Build the job context on a database, with the fake encoder."""
    encoder = WordEncoder()
    settings = for_samples(settings_module.load({}))
    return Context(
        engine=engine,
        sessions=make_sessions(engine),
        settings=settings,
        clock=clock,
        encoder=lambda: encoder,
        pair_model=load_pair_model().with_window(settings.window.reach),
        merge_model=load_merge_model(),
    )


@pytest.fixture
def context(engine: Engine, clock: Clock) -> Context:
    return make_context(engine, clock)


@pytest.fixture
def restore_logging() -> Iterator[None]:
    """Restore the logging configuration after tests that run commands in this process."""
    with restored_logging():
        yield


@pytest.fixture
def feed_server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running
