"""The server that a bench asks, as a process of its own: `python -m tests.bench.serve URL`."""

import sys
from datetime import UTC, datetime

from fastapi import FastAPI, Response

from jobs.running.signals import handle_signals
from service.commands.running.http_server import serve_in_thread
from service.commands.running.models import load_pair_model
from service.embed.loader import load_encoder
from service.settings import load as settings_module
from service.settings import logging
from service.store.database import schema
from service.store.database.sessions import make_sessions
from service.web.app import create_app
from service.web.dependencies import ModelContext

#: A route that does nothing: what others are compared with.
EMPTY = "/empty"
#: Requests are counted as they are for everybody, and none is refused.
NEVER_TOO_MANY = "1000000000"


def main() -> None:
    """Serve a filled database; the port is written to standard output."""
    engine = schema.make_engine(sys.argv[1])
    settings = settings_module.load({"SAMESTORY_ACCESS__REQUESTS_PER_MINUTE": NEVER_TOO_MANY})
    logging.configure(settings.log)
    encoder = load_encoder(settings.embed)
    reading = ModelContext(
        encoder=lambda: encoder,
        languages=settings.embed.languages,
        pair_model=load_pair_model().with_window(settings.window.reach),
        stories=settings.stories,
        reach=settings.window.reach,
        tolerance=settings.window.reach,
    )
    app = create_app(
        make_sessions(engine), clock=lambda: datetime.now(UTC), settings=settings, reading=reading
    )
    add_empty(app)
    with handle_signals() as stop, serve_in_thread(app, "127.0.0.1", 0) as port:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        stop.wait()
    engine.dispose()


def add_empty(app: FastAPI) -> None:
    """Give an application the route that does nothing."""

    @app.get(EMPTY)
    async def empty() -> Response:
        return Response()


if __name__ == "__main__":
    main()
