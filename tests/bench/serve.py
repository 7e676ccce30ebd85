"""Web server for the benchmarks, run as a process of its own: `python -m tests.bench.serve URL`."""

import gc
import sys
from datetime import UTC, datetime

from fastapi import FastAPI, Response

from jobs.running.signals import handle_signals
from service.commands.running.models import load_pair_model
from service.commands.running.servers.http_server import serve_in_thread
from service.embed.loader import load_encoder
from service.settings import load as settings_module
from service.settings import logging
from service.store.database import schema
from service.store.database.sessions import make_sessions
from service.web.app import create_app
from service.web.dependencies import ModelContext

#: Path of a route that does nothing, as the baseline.
EMPTY = "/empty"
#: The rate limiter runs, but never rejects a request.
HIGH_LIMIT = "1000000000"


def main() -> None:
    """Serve a filled database; print the port to standard output."""
    engine = schema.make_engine(sys.argv[1])
    settings = settings_module.load({"SAMESTORY_ACCESS__REQUESTS_PER_MINUTE": HIGH_LIMIT})
    logging.configure(settings.log)
    encoder = load_encoder(settings.embed)
    model_context = ModelContext(
        encoder=lambda: encoder,
        languages=settings.embed.languages,
        pair_model=load_pair_model().with_window(settings.window.reach),
        stories=settings.stories,
        reach=settings.window.reach,
        tolerance=settings.window.reach,
    )
    app = create_app(
        make_sessions(engine),
        clock=lambda: datetime.now(UTC),
        settings=settings,
        model_context=model_context,
    )
    add_empty_route(app)
    with handle_signals() as stop, serve_in_thread(app, "127.0.0.1", 0) as port:
        gc.collect()
        gc.freeze()  # as `serve_site` does
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        stop.wait()
    engine.dispose()


def add_empty_route(app: FastAPI) -> None:
    """Add the route that does nothing."""

    @app.get(EMPTY)
    async def empty() -> Response:
        return Response()


if __name__ == "__main__":
    main()
