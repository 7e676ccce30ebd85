"""`samestory alerts`: saved queries of subscribers, who are told at once of what matches."""

import json
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.digest import FURTHEST
from jobs.running.context import Context
from jobs.running.deliver import renderer, site
from service.commands.digest import preview_folder, run_mailing, write_both
from service.commands.running.wiring import open_context
from service.domain.subscribers.alert_preferences import query
from service.domain.subscribers.alerts import Alert, AlertQuery, StoryIndex, as_notice
from service.domain.subscribers.digest_preferences import USUAL
from service.errors import BadInputError
from service.mail.render import AlertMessage, Links
from service.settings import load as settings_module
from service.store.subscribers import alerts, subscribers
from service.store.subscribers.digest_stories import digest_stories

app = typer.Typer(
    help="Alerts: an email at once when a story matches a saved query.", no_args_is_help=True
)

Address = Annotated[str, typer.Argument(help="The address of a subscriber.")]
Words = Annotated[str, typer.Option(help="Words or phrases, by commas; a story needs one of them.")]
Entities = Annotated[str, typer.Option(help="Names of people, places, organisations, by commas.")]
Outlets = Annotated[str, typer.Option(help="Outlets by slug, by commas.")]
Countries = Annotated[str, typer.Option(help="ISO codes such as GB, by commas.")]
Independent = Annotated[int, typer.Option(help="Independent coverage that a story needs at least.")]


@app.command()
def add(  # noqa: PLR0917  # options, all by name
    address: Address,
    words: Words = "",
    entities: Entities = "",
    outlets: Outlets = "",
    countries: Countries = "",
    min_independent: Independent = 1,
) -> None:
    """Save a query for a subscriber; what matches it already is not told, unless it grows."""
    asked = query(
        words=words,
        entities=entities,
        outlets=outlets,
        countries=countries,
        min_independent=min_independent,
    )
    with _world() as context, context.sessions.begin() as session:
        owner = subscribers.find(session, address)
        added = alerts.add(session, owner.id, asked, now=context.clock())
    print(f"added alert {added.id} of {owner.address}: {added.query}")


@app.command("list")
def list_alerts(
    address: Annotated[str, typer.Argument(help="Of this subscriber alone.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """All alerts: number, whose it is, what it asks for."""
    with _world() as context, context.sessions.begin() as session:
        owners = [subscribers.find(session, address)] if address else subscribers.listed(session)
        found = alerts.of_subscribers(session, [each.id for each in owners])
    if as_json:
        rows = [_facts(owner.address, each) for owner in owners for each in found.get(owner.id, [])]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for owner in owners:
        for each in found.get(owner.id, []):
            print(f"{each.id}  {owner.address}  {each.query}")


@app.command()
def remove(number: Annotated[int, typer.Argument(help="As `samestory alerts list` says.")]) -> None:
    """Stop an alert for good."""
    with _world() as context, context.sessions.begin() as session:
        found = alerts.get(session, number)
        alerts.stop(session, number, now=context.clock())
    print(f"removed alert {number}: {found.alert.query}")


@app.command()
def send() -> None:
    """Tell of what matches now and send what waits, as the daemon does each minute."""
    run_mailing("alerts", "alerts are")


@app.command()
def preview(  # noqa: PLR0917  # options, all by name
    words: Words = "",
    entities: Entities = "",
    outlets: Outlets = "",
    countries: Countries = "",
    min_independent: Independent = 1,
    folder: Annotated[Path | None, typer.Option(help="Where to write it.")] = None,
    *,
    number: Annotated[int, typer.Option("--alert", help="A saved one, by its number.")] = 0,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in a browser.")] = False,
) -> None:
    """Write what an alert would tell of the first story that matches now; sends nothing."""
    with _world() as context:
        asked = _saved(context, number) if number else query(
            words=words,
            entities=entities,
            outlets=outlets,
            countries=countries,
            min_independent=min_independent,
        )  # fmt: skip
        page, matching = write_preview(context, asked, folder)
    print(f"{page}: the first of {matching} that match")
    if open_it:
        webbrowser.open(page.as_uri())


def write_preview(context: Context, asked: AlertQuery, folder: Path | None) -> tuple[Path, int]:
    """Write alert.html and alert.txt; where the first one is, and how many stories match.

    Raises:
        BadInputError: no story does, or the folder cannot be written into.
    """
    now = context.clock()
    with context.sessions.begin() as session:
        limit = context.settings.editions.max_stories
        found = StoryIndex(digest_stories(session, since=now - FURTHEST, limit=limit)).matching(asked)
    if not found:
        raise BadInputError(f"no story of the last {FURTHEST.days} days matches: {asked}")
    schedule, filters = USUAL
    told = AlertMessage(as_notice(found[0], asked, filters), now, schedule.time_zone)
    links = Links(site(context.settings))
    written = renderer(context.settings).notice(told, "reader@localhost", links)
    return write_both(folder or preview_folder(), "alert", written), len(found)


def _saved(context: Context, number: int) -> AlertQuery:
    with context.sessions.begin() as session:
        return alerts.get(session, number).alert.query


def _world() -> Any:
    return open_context(settings_module.load())


def _facts(address: str, alert: Alert) -> dict[str, Any]:
    asked = alert.query
    return {
        "id": alert.id,
        "address": address,
        "words": sorted(asked.words),
        "entities": sorted(asked.entities),
        "outlets": sorted(asked.outlets),
        "countries": sorted(asked.countries),
        "min_independent": asked.min_independent,
        "since": alert.since.isoformat(),
    }
