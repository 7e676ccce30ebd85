"""What every route works with: transactions, the time, templates. No globals hold them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, cast

from fastapi import Depends, Request
from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.domain.pairs.score import PairModel
from service.embed.encoder import Encoder
from service.settings.grouping import StorySettings
from service.settings.load import Settings
from service.store.database.sessions import Sessions

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class ModelContext:
    """What texts are read by, and how they are compared: as the jobs do both."""

    encoder: Callable[[], Encoder]  #: loads at the first call, once for all threads
    languages: tuple[str, ...]  #: those that the model reads; empty means all
    pair_model: PairModel
    stories: StorySettings
    reach: timedelta  #: of the window
    tolerance: timedelta  #: dates so far ahead are believed
    patience: float = 5.0  #: seconds that a request waits for the model


@dataclass(frozen=True, slots=True)
class WebContext:
    """The parts that an application was created with."""

    sessions: Sessions
    clock: Clock
    title: str
    templates: Environment
    release: str  #: of the code; answers of another one may look different
    settings: Settings
    reading: ModelContext | None = None  #: how texts are read; None if they are not

    @property
    def engine(self) -> Engine:
        """The engine behind the sessions."""
        return cast("Engine", self.sessions.kw["bind"])


def web_context(request: Request) -> WebContext:
    """The parts of the application that a request came to."""
    return cast("WebContext", request.app.state.web)


def reading(request: Request) -> Iterator[Session]:
    """One read-only transaction that sees the store as of one moment."""
    with web_context(request).sessions() as session:
        session.connection(
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        yield session


#: Ends before the answer is sent, so that slow readers hold no connection.
ReadSession = Annotated[Session, Depends(reading, scope="function")]
WebContextDep = Annotated[WebContext, Depends(web_context)]
