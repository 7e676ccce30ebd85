"""`samestory alerts`: manage and preview alerts, the saved queries of subscribers."""

import json
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.digest import MAX_LOOKBACK
from jobs.running.context import Context
from service.commands.digest import (
    OpenBrowser,
    PreviewFolder,
    preview_folder,
    run_mail_job_once,
    write_email,
)
from service.commands.running.wiring import open_context
from service.commands.subscribers import MIN_INDEPENDENT
from service.domain.subscribers.alert_preferences import parse_query
from service.domain.subscribers.alerts import (
    Alert,
    AlertQuery,
    StoryIndex,
    preview_alert_email,
)
from service.domain.subscribers.digest_preferences import DEFAULT_FILTERS, DEFAULT_SCHEDULE
from service.errors import BadInputError
from service.mail.deliver import configured_renderer, site_url
from service.mail.render import AlertMessage, Links
from service.store.subscribers import alerts, subscribers
from service.store.subscribers.digest_stories import digest_stories

app = typer.Typer(
    help="Manage alerts: emails sent as soon as a story matches a saved query.",
    no_args_is_help=True,
)

Address = Annotated[str, typer.Argument(help="Email address of a subscriber.")]
Words = Annotated[
    str,
    typer.Option(
        help="Comma-separated words or phrases in headline, keywords or names of a story."
    ),
]
Entities = Annotated[
    str, typer.Option(help="Comma-separated names of people, places or organisations.")
]
Outlets = Annotated[str, typer.Option(help="Comma-separated slugs of outlets.")]
Countries = Annotated[
    str,
    typer.Option(help="Comma-separated ISO 3166-1 codes of the outlets' countries, such as GB."),
]
Independent = Annotated[int, typer.Option(help=MIN_INDEPENDENT)]


@app.command()
def add(  # noqa: PLR0917  # options, all by name
    address: Address,
    words: Words = "",
    entities: Entities = "",
    outlets: Outlets = "",
    countries: Countries = "",
    min_independent: Independent = 1,
) -> None:
    """Create an alert. Stories that already match trigger it only when they grow.

    A story matches if, for each given option, it has at least one of the values. Give at least one
    option.
    """
    query = parse_query(
        words=words,
        entities=entities,
        outlets=outlets,
        countries=countries,
        min_independent=min_independent,
    )
    with open_context() as context, context.sessions.begin() as session:
        owner = subscribers.find_by_address(session, address)
        added = alerts.add(session, owner.id, query, now=context.clock())
    print(f"added alert {added.id} of {owner.address}: {added.query}")


@app.command("list")
def list_alerts(
    address: Annotated[
        str,
        typer.Argument(
            help="Email address of a subscriber. Default: the alerts of all subscribers."
        ),
    ] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List alerts with their ids, subscribers and queries."""
    with open_context() as context, context.sessions.begin() as session:
        owners = (
            [subscribers.find_by_address(session, address)]
            if address
            else subscribers.list_all(session)
        )
        by_owner = alerts.list_by_subscriber(session, [each.id for each in owners])
    rows = [(owner.address, alert) for owner in owners for alert in by_owner.get(owner.id, [])]
    if as_json:
        print(json.dumps([_to_dict(*row) for row in rows], ensure_ascii=False, indent=2))
        return
    for owner_address, alert in rows:
        print(f"{alert.id}  {owner_address}  {alert.query}")


@app.command()
def remove(
    number: Annotated[
        int, typer.Argument(metavar="ALERT", help="Id of an alert; see `samestory alerts list`.")
    ],
) -> None:
    """Stop an alert permanently and cancel its unsent emails."""
    with open_context() as context, context.sessions.begin() as session:
        owned = alerts.get(session, number)
        alerts.stop(session, number, now=context.clock())
    print(f"removed alert {number}: {owned.alert.query}")


@app.command()
def send() -> None:
    """Email new matches and send waiting emails, as `samestory up` does every minute."""
    run_mail_job_once("alerts")


@app.command()
def preview(  # noqa: PLR0917  # options, all by name
    words: Words = "",
    entities: Entities = "",
    outlets: Outlets = "",
    countries: Countries = "",
    min_independent: Independent = 1,
    folder: PreviewFolder = None,
    *,
    number: Annotated[
        int,
        typer.Option(
            "--alert", help="Id of a saved alert to preview; the query options are then ignored."
        ),
    ] = 0,
    open_browser: OpenBrowser = False,
) -> None:
    """Write the alert email about one matching story to alert.html and alert.txt. Sends nothing.

    The story is the highest-ranked match with a report in the last seven days. Give a query, or the
    id of a saved alert.
    """
    with open_context() as context:
        if number:
            with context.sessions.begin() as session:
                query = alerts.get(session, number).alert.query
        else:
            query = parse_query(
                words=words,
                entities=entities,
                outlets=outlets,
                countries=countries,
                min_independent=min_independent,
            )
        page, matching = write_preview(context, query, folder)
    print(f"Wrote {page}: the email about the first of {matching} matching stories")
    if open_browser:
        webbrowser.open(page.as_uri())


def write_preview(context: Context, query: AlertQuery, folder: Path | None) -> tuple[Path, int]:
    """Write alert.html and alert.txt; returns the HTML path and the number of matching stories.

    Raises:
        BadInputError: no story matches, or the folder is not writable.
    """
    now, settings = context.clock(), context.settings
    with context.sessions.begin() as session:
        limit = settings.editions.max_stories
        stories = digest_stories(session, since=now - MAX_LOOKBACK, limit=limit)
    matching = StoryIndex(stories).find_matches(query)
    if not matching:
        raise BadInputError(f"No story of the last {MAX_LOOKBACK.days} days matches: {query}")
    content = preview_alert_email(matching[0], query, DEFAULT_FILTERS)
    message = AlertMessage(content, now, DEFAULT_SCHEDULE.time_zone)
    links = Links(site_url(settings))
    rendered = configured_renderer(settings).alert(message, "reader@localhost", links)
    return write_email(folder or preview_folder(), "alert", rendered), len(matching)


def _to_dict(address: str, alert: Alert) -> dict[str, Any]:
    query = alert.query
    return {
        "id": alert.id,
        "address": address,
        "words": sorted(query.words),
        "entities": sorted(query.entities),
        "outlets": sorted(query.outlets),
        "countries": sorted(query.countries),
        "min_independent": query.min_independent,
        "since": alert.since.isoformat(),
    }
