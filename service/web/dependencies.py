"""Dependencies of all routes: application context, clock and database sessions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, cast

from fastapi import Depends, Request
from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.domain.pairs.scoring.score import PairModel
from service.embed.encoder import Encoder
from service.settings.load import Settings
from service.settings.sections.grouping import StorySettings
from service.store.database.sessions import Sessions

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class ModelContext:
    """Models and settings to encode and compare texts, the same as in the jobs."""

    encoder: Callable[[], Encoder]  #: loads the model at the first call, once for all threads
    languages: tuple[str, ...]  #: languages that the model supports; empty means all
    pair_model: PairModel
    stories: StorySettings
    reach: timedelta  #: length of the window of comparable articles
    tolerance: timedelta  #: how far in the future a publication date is still accepted
    load_timeout: float = 5.0  #: seconds that a request waits for the model
    check_interval: float = 5.0  #: seconds between two checks of the model in use
    #: Returns the models in use now, which may differ from these after a change of the model.
    find_current: "Callable[[], ModelContext] | None" = None


@dataclass(frozen=True, slots=True)
class WebContext:
    """Configuration and shared objects of one application, in `app.state.web`."""

    sessions: Sessions
    clock: Clock
    title: str
    templates: Environment
    settings: Settings
    model_context: ModelContext | None = None  #: None disables semantic features

    @property
    def engine(self) -> Engine:
        """The engine of the sessions."""
        return cast("Engine", self.sessions.kw["bind"])


def web_context(request: Request) -> WebContext:
    """Dependency: the context of the request's application."""
    return cast("WebContext", request.app.state.web)


def read_session(request: Request) -> Iterator[Session]:
    """Dependency: a read-only transaction with one snapshot of the database."""
    with web_context(request).sessions() as session:
        session.connection(
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        yield session


#: Ends before the response is sent, so that slow clients do not hold a connection.
ReadSession = Annotated[Session, Depends(read_session, scope="function")]
WebContextDep = Annotated[WebContext, Depends(web_context)]
