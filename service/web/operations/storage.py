"""`/operations/database`: size, growth and versions."""

import platform
from importlib.metadata import version

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.store.database import schema
from service.store.maintenance.comparison import find_differences
from service.store.operations.storage import load_storage
from service.web.dependencies import ReadSession, WebContextDep
from service.web.operations.plots import Value, plot_bars
from service.web.operations.sections import render_section
from service.web.people.pages import Admin
from service.web.rendering.templates import day

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: Days in the plot, and number of listed tables.
DAYS, TABLES = 30, 12


@router.get("/operations/database")
def database_page(
    session: ReadSession, web: WebContextDep, person: Admin, *, check: bool = False
) -> HTMLResponse:
    """Size of the database, new articles per day, versions; `check` compares the schema, too."""
    storage = load_storage(session, now=web.clock(), days=DAYS, tables=TABLES)
    return render_section(
        web,
        person,
        "/operations/database",
        "database.html",
        storage=storage,
        plot=plot_bars(
            "New articles per day",
            (Value(f"{count} on {day(at)}", count) for at, count in storage.daily),
        ),
        versions=[
            ("samestory", version("samestory")),
            ("Python", platform.python_version()),
            ("Postgres", storage.postgres),
            ("pgvector", storage.pgvector),
            ("schema", storage.revision),
        ],
        expected_revision=schema.head_revision(),
        differences=find_differences(web.engine) if check else None,
    )
