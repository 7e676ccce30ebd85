"""Maintenance mode: the web server answers reads and rejects writes."""

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from service.errors import MaintenanceError
from service.store.runs import maintenance
from service.web.dependencies import web_context

#: Methods and paths that change nothing.
READ_METHODS, READ_PATHS = ("GET", "HEAD", "OPTIONS"), ("/v1/match",)


async def reject_in_maintenance(request: Request) -> None:
    """Dependency of all routes; raises MaintenanceError for a write in maintenance mode."""
    if request.method in READ_METHODS or request.scope["path"] in READ_PATHS:
        return
    sessions = web_context(request).sessions

    def require_normal_mode() -> None:
        with sessions() as session:
            if maintenance_mode := maintenance.find(session):
                raise MaintenanceError(f"Maintenance: {maintenance_mode.reason}. Retry later")

    await run_in_threadpool(require_normal_mode)
