"""`samestory alerts`: manage and preview alerts, the conditions of subscribers on stories."""

import json
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.running.context import Context
from jobs.sending.digest import MAX_LOOKBACK
from service.commands.digest import (
    OpenBrowser,
    PreviewFolder,
    preview_folder,
    run_mail_job_once,
    write_email,
)
from service.commands.running.output import AsJson, print_lines
from service.commands.running.store import open_store
from service.commands.running.wiring import open_context
from service.commands.subscribers import MIN_INDEPENDENT
from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.alerts import (
    Alert,
    AlertConditions,
    find_matches,
    matches,
    preview_alert_email,
)
from service.domain.subscribers.digests.preferences import DEFAULT_FILTERS, DEFAULT_SCHEDULE
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.subscribers.filters import Filters, apply_mutes
from service.domain.subscribers.near_misses import find_near_misses
from service.domain.subscribers.story_index import StoryIndex
from service.errors import BadInputError
from service.mail.deliver import configured_renderer, site_url
from service.mail.render import AlertMessage, Links
from service.store.subscribers import alerts, subscribers
from service.store.subscribers.digest_stories import add_texts, load_digest_stories

app = typer.Typer(
    help="Manage alerts: emails sent as soon as a story matches the conditions of a subscriber.",
    no_args_is_help=True,
)

#: Most near misses that a preview lists.
MAX_NEAR_MISSES = 10

Address = Annotated[str, typer.Argument(help="Email address of a subscriber.")]
Words = Annotated[
    str,
    typer.Option(
        help="Comma-separated words or phrases in the titles of reports, keywords or names of a story."
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
SavedQueryId = Annotated[
    str, typer.Option(help="Id of a saved query; see `samestory queries list`.")
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
    query: SavedQueryId = "",
) -> None:
    """Create an alert.

    Stories that already match trigger it only when their independent coverage has grown by the
    factor `alerts.growth`.

    A story matches if, for each given option, it has at least one of the values. Give at least one
    option.
    """
    conditions = parse_conditions(
        words=words,
        entities=entities,
        outlets=outlets,
        countries=countries,
        min_independent=min_independent,
        query=query,
    )
    with open_store() as store, store.sessions.begin() as session:
        owner = subscribers.get_by_address(session, address)
        added = alerts.add(session, owner.id, conditions, now=store.clock())
    print(f"added alert {added.id} of {owner.address}: {added.conditions}")


@app.command("list")
def list_alerts(
    address: Annotated[
        str,
        typer.Argument(
            help="Email address of a subscriber. Default: the alerts of all subscribers."
        ),
    ] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """List alerts with their ids, subscribers and conditions."""
    with open_store() as store, store.sessions.begin() as session:
        owners = (
            [subscribers.get_by_address(session, address)]
            if address
            else subscribers.list_all(session)
        )
        by_owner = alerts.list_by_subscriber(session, [each.id for each in owners])
    rows = [(owner.address, alert) for owner in owners for alert in by_owner.get(owner.id, [])]
    if as_json:
        print(json.dumps([_to_dict(*row) for row in rows], ensure_ascii=False, indent=2))
        return
    lines = (f"{alert.id}  {owner_address}  {alert.conditions}" for owner_address, alert in rows)
    print_lines(lines, empty="no alerts")


@app.command()
def remove(
    number: Annotated[
        int, typer.Argument(metavar="ALERT", help="Id of an alert; see `samestory alerts list`.")
    ],
) -> None:
    """Stop an alert permanently and cancel its unsent emails."""
    with open_store() as store, store.sessions.begin() as session:
        owned = alerts.get(session, number)
        alerts.stop(session, number, now=store.clock())
    print(f"stopped alert {number}: {owned.alert.conditions}")


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
    query: SavedQueryId = "",
    number: Annotated[
        int,
        typer.Option(
            "--alert",
            help="Id of an alert to preview; the options with conditions are then ignored.",
        ),
    ] = 0,
    open_browser: OpenBrowser = False,
) -> None:
    """Write the alert email about one matching story to alert.html and alert.txt. Sends nothing.

    The story is the highest-ranked match with a report in the last seven days. Give conditions, or
    the id of an alert. The command also lists near misses: stories that miss one condition, or
    that the owner of the alert muted.
    """
    filters = DEFAULT_FILTERS
    with open_context() as context:
        if number:
            with context.sessions.begin() as session:
                saved = alerts.get(session, number)
                conditions = saved.alert.conditions
                filters = subscribers.get(session, saved.subscriber).filters
        else:
            conditions = parse_conditions(
                words=words,
                entities=entities,
                outlets=outlets,
                countries=countries,
                min_independent=min_independent,
                query=query,
            )
        stories = _load_recent_stories(context)
        conditions, stories = _load_saved_query(context, conditions, stories)
        for each in find_near_misses(stories, conditions, filters, limit=MAX_NEAR_MISSES):
            print(f"Near miss: {each.story.headline or 'Untitled'}: {each.reason}")
        page, matching = write_preview(context, stories, conditions, filters, folder)
    print(f"Wrote {page}: the email about the first of {matching} matching stories")
    if open_browser:
        webbrowser.open(page.as_uri())


def write_preview(
    context: Context,
    stories: Sequence[DigestStory],
    conditions: AlertConditions,
    filters: Filters,
    folder: Path | None,
) -> tuple[Path, int]:
    """Write alert.html and alert.txt; returns the HTML path and the number of matching stories.

    Raises:
        BadInputError: no story matches, or the folder is not writable.
    """
    settings = context.settings
    unmuted = (apply_mutes(each, filters) for each in find_matches(StoryIndex(stories), conditions))
    matching = [each for each in unmuted if each and matches(each, conditions)]
    if not matching:
        raise BadInputError(f"No story of the last {MAX_LOOKBACK.days} days matches: {conditions}")
    content = preview_alert_email(matching[0], conditions, filters)
    message = AlertMessage(content, context.clock(), DEFAULT_SCHEDULE.time_zone)
    links = Links(site_url(settings))
    rendered = configured_renderer(settings).alert(message, "reader@localhost", links)
    return write_email(folder or preview_folder(), "alert", rendered), len(matching)


def _load_saved_query(
    context: Context, conditions: AlertConditions, stories: list[DigestStory]
) -> tuple[AlertConditions, list[DigestStory]]:
    """Load the saved query of an alert, if it has one, and the texts that it needs."""
    if conditions.saved is None:
        return conditions, stories
    now = context.clock()
    with context.sessions.begin() as session:
        [alert] = alerts.load_saved_queries(session, [Alert(0, conditions, now)], stories, now=now)
        return alert.conditions, add_texts(session, stories)


def _load_recent_stories(context: Context) -> list[DigestStory]:
    with context.sessions.begin() as session:
        return load_digest_stories(
            session,
            since=context.clock() - MAX_LOOKBACK,
            limit=context.settings.editions.max_candidates,
        )


def _to_dict(address: str, alert: Alert) -> dict[str, Any]:
    conditions = alert.conditions
    return {
        "id": alert.id,
        "address": address,
        "words": sorted(conditions.words),
        "entities": sorted(conditions.entities),
        "outlets": sorted(conditions.outlets),
        "countries": sorted(conditions.countries),
        "min_independent": conditions.min_independent,
        "query": conditions.saved.id if conditions.saved else None,
        "created_at": alert.created_at.isoformat(),
    }
