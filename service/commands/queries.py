"""`samestory queries`: save, list, change and remove queries."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from service.commands.running.output import AsJson, print_lines
from service.commands.running.store import open_store
from service.store.queries import saved
from service.store.queries.saved import SavedQuery

app = typer.Typer(
    help="Manage saved queries for lists, feeds, alerts and webhooks.", no_args_is_help=True
)

MADE_BY = "command line"
QueryId = Annotated[str, typer.Argument(help="Id of a saved query; see `samestory queries list`.")]
Title = Annotated[str | None, typer.Option(help="Title for readers.")]


@app.command()
def add(
    query_id: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Id in addresses: lower-case letters, digits and hyphens."
        ),
    ],
    q: Annotated[
        str,
        typer.Argument(
            metavar="QUERY", help="Text in the query language, such as 'ferry independent:3..'."
        ),
    ],
    *,
    title: Title = None,
) -> None:
    """Save a query."""
    with open_store() as store, store.sessions.begin() as session:
        added = saved.add(
            session, query_id, q, title=title or "", made_by=MADE_BY, now=store.clock()
        )
    print(_format_line(added))


@app.command("list")
def list_queries(*, as_json: AsJson = False) -> None:
    """List saved queries."""
    with open_store() as store, store.sessions.begin() as session:
        listed = saved.list_queries(session)
    if as_json:
        print(json.dumps([asdict(each) for each in listed], default=str, indent=2))
        return
    print_lines(map(_format_line, listed), empty="no saved queries")


@app.command("set")
def change(
    query_id: QueryId,
    *,
    q: Annotated[str | None, typer.Option("--q", help="New text of the query.")] = None,
    title: Title = None,
) -> None:
    """Change a saved query or its title. Its addresses stay the same."""
    if q is None and title is None:
        raise typer.BadParameter("No change given: use --q or --title")
    with open_store() as store, store.sessions.begin() as session:
        print(_format_line(saved.change(session, query_id, q=q, title=title, now=store.clock())))


@app.command()
def remove(query_id: QueryId) -> None:
    """Delete a saved query. Fails while a webhook or an alert uses it."""
    with open_store() as store, store.sessions.begin() as session:
        saved.remove(session, query_id)
    print(f"removed query {query_id}")


def _format_line(query: SavedQuery) -> str:
    return f"{query.id}  {query.q}{f'  [{query.title}]' if query.title else ''}"
