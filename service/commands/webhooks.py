"""`samestory webhooks`: add, list, change, pause, resume, test and remove webhooks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from service.commands.running.output import AsJson, print_lines
from service.commands.running.store import Store, open_store
from service.commands.running.times import format_time
from service.domain.stories.transitions import TRANSITION_KINDS
from service.domain.webhooks.event_filter import parse_event_filter
from service.domain.webhooks.retries import DeliveryOutcome
from service.domain.webhooks.signing import format_secret
from service.errors import DeliveryError
from service.errors.redaction import redact_url
from service.ingest.fetching.webhook_target import (
    WebhookTarget,
    send_again,
    send_test_delivery,
)
from service.settings import load as settings_module
from service.store.webhooks import attempts, webhooks
from service.store.webhooks.webhooks import Webhook

app = typer.Typer(
    help="Manage webhooks: URLs that receive a POST request for each change of a story.",
    no_args_is_help=True,
)

MAX_ID = 2**63 - 1
#: Help of the option --min-coverage.
MIN_COVERAGE = (
    "Minimum number of outlets of the story after the change; ignored for the kind `hidden`."
)
#: Help of the option --query.
QUERY = "Id of a saved query; only changes of stories that match it."
#: Value of --kind that selects every kind.
ALL_KINDS = "all"
WebhookId = Annotated[
    int, typer.Argument(min=1, max=MAX_ID, help="Id of a webhook; see `samestory webhooks list`.")
]


@app.command()
def add(
    url: Annotated[
        str, typer.Argument(help="HTTP or HTTPS URL that receives the deliveries as POST requests.")
    ],
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Kind of change to deliver (repeatable): {', '.join(TRANSITION_KINDS)}. "
            "Default: all kinds."
        ),
    ] = None,
    min_coverage: Annotated[int, typer.Option(help=MIN_COVERAGE)] = 0,
    query: Annotated[str, typer.Option(help=QUERY)] = "",
    since: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=MAX_ID,
            help="Deliver the changes with ids above this one; 0: all. Default: only new ones.",
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Add a webhook and print its secret. The secret cannot be shown again."""
    event_filter = parse_event_filter(kind or [], min_coverage, query)
    with _open_session() as (store, session):
        added, secret = webhooks.add(session, url, event_filter, now=store.clock(), since=since)
    if as_json:
        print(json.dumps(_to_dict(added) | {"secret": format_secret(secret)}, indent=2))
        return
    print(_format_line(added))
    print(f"secret (not shown again): {format_secret(secret)}")


@app.command("list")
def list_webhooks(*, as_json: AsJson = False) -> None:
    """List webhooks with their filters, last delivery and last error."""
    with _open_session() as (_, session):
        listed = webhooks.list_webhooks(session)
    if as_json:
        print(json.dumps([_to_dict(each) for each in listed], indent=2))
        return
    print_lines(map(_format_line, listed), empty="no webhooks")


@app.command("set")
def change(
    webhook_id: WebhookId,
    *,
    url: Annotated[str | None, typer.Option(help="New URL.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Kind of change to deliver (repeatable): {', '.join(TRANSITION_KINDS)}; "
            f"`{ALL_KINDS}` selects every kind."
        ),
    ] = None,
    min_coverage: Annotated[int | None, typer.Option(help=MIN_COVERAGE)] = None,
    query: Annotated[
        str | None, typer.Option(help=f"{QUERY} An empty text removes the condition.")
    ] = None,
    pause: Annotated[
        bool,
        typer.Option(
            "--pause",
            help="Stop deliveries until `samestory webhooks resume`; the changes up to then "
            "are delivered later.",
        ),
    ] = False,
) -> None:
    """Change URL or filters of a webhook, or pause it.

    Settings without an option stay unchanged. With a new URL, failed deliveries are retried now.
    """
    if not (url or kind or min_coverage is not None or query is not None or pause):
        raise typer.BadParameter(
            "No change given: use --url, --kind, --min-coverage, --query or --pause"
        )
    kinds = [] if kind == [ALL_KINDS] else kind or None
    with _open_session() as (store, session):
        hook = webhooks.change(
            session,
            webhook_id,
            url=url,
            kinds=kinds,
            min_coverage=min_coverage,
            query=query,
            now=store.clock(),
        )
        print(_format_line(webhooks.pause(session, webhook_id) if pause else hook))


@app.command()
def secret(webhook_id: WebhookId) -> None:
    """Replace the signing secret and print the new secret. It cannot be shown again.

    The old secret is invalid immediately. Until the receiver uses the new secret, deliveries fail
    and are retried.
    """
    with _open_session() as (_, session):
        hook, rotated = webhooks.rotate_secret(session, webhook_id)
        print(_format_line(hook))
    print(f"secret (not shown again): {format_secret(rotated)}")


@app.command()
def remove(webhook_id: WebhookId) -> None:
    """Delete a webhook. Deliveries to it stop."""
    with _open_session() as (_, session):
        webhooks.remove(session, webhook_id)
    print(f"removed webhook {webhook_id}")


@app.command()
def resume(webhook_id: WebhookId) -> None:
    """Continue a paused webhook where it stopped, and retry all failed deliveries now."""
    with _open_session() as (store, session):
        print(_format_line(webhooks.resume(session, webhook_id, now=store.clock())))


@app.command()
def test(webhook_id: WebhookId) -> None:
    """Send a signed delivery of type `test` now.

    If the receiver does not accept it, the command prints the reason and exits with 1.
    """
    with _open_session() as (store, session):
        target = _load_target(session, webhook_id)
    outcome = send_test_delivery(target, store.settings)
    _print_outcome(target, outcome)


@app.command()
def deliveries(
    webhook_id: WebhookId,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Only failed attempts.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number of attempts.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the attempts of the last 30 days, latest first."""
    with _open_session() as (_, session):
        webhooks.get(session, webhook_id)
        listed = attempts.list_attempts(session, webhook_id, failed=failed or None, limit=limit)
    if as_json:
        rows = [asdict(each) | {"at": each.at.isoformat()} for each in listed]
        print(json.dumps(rows, indent=2))
        return
    for each in listed:
        result = each.error or f"accepted with {each.status}"
        redelivery = " (redelivery)" if each.is_redelivery else ""
        print(f"{format_time(each.at)}  change {each.change}  {result}{redelivery}")
    if not listed:
        print("no deliveries")


@app.command()
def redeliver(
    webhook_id: WebhookId,
    change: Annotated[
        int,
        typer.Argument(
            min=1, max=MAX_ID, help="Id of the change; see `samestory webhooks deliveries`."
        ),
    ],
) -> None:
    """Deliver one change again now, with the same `webhook-id`.

    Filters and state of the webhook do not apply. If the receiver does not accept the delivery, the
    command prints the reason and exits with 1.
    """
    with _open_session() as (store, session):
        target = _load_target(session, webhook_id)
        transition = attempts.get_change(session, change)
    now = store.clock()
    outcome = send_again(target, transition, store.settings)
    with _open_session() as (_, session):
        webhooks.lock_row(session, webhook_id)  # it may have been removed meanwhile
        attempts.record(session, webhook_id, {change: outcome}, now=now, is_redelivery=True)
    _print_outcome(target, outcome)


def _load_target(session: Session, webhook_id: int) -> WebhookTarget:
    url = webhooks.get(session, webhook_id).url
    return WebhookTarget(webhook_id, url, webhooks.get_secret(session, webhook_id))


def _print_outcome(target: WebhookTarget, outcome: DeliveryOutcome) -> None:
    if outcome.error is not None:
        raise DeliveryError(redact_url(target.url), outcome.error, outcome.status)
    print(f"{redact_url(target.url)} responded with {outcome.status}")


@contextmanager
def _open_session() -> Iterator[tuple[Store, Session]]:
    with open_store(settings_module.load()) as store, store.sessions.begin() as session:
        yield store, session


def _format_line(hook: Webhook) -> str:
    kinds = ",".join(hook.event_filter.kinds) or "all"
    minimum = hook.event_filter.min_coverage
    coverage = f", at least {minimum} outlets" if minimum else ""
    query = f", query {hook.event_filter.query}" if hook.event_filter.query else ""
    last = (
        f"last delivery {format_time(hook.last_delivered_at)}"
        if hook.last_delivered_at
        else "no delivery yet"
    )
    blocked = f"; {hook.blocked_stories} stories blocked" if hook.blocked_stories else ""
    reason = hook.health.pause_reason or hook.error
    return (
        f"{hook.id}  {redact_url(hook.url)}  {hook.state}  {kinds}{coverage}{query}; "
        f"delivered up to change {hook.last_delivered_id}, {last}{blocked}"
        f"{f'  [{reason}]' if reason else ''}"
    )


def _to_dict(hook: Webhook) -> dict[str, Any]:
    delivered_at = hook.last_delivered_at
    return {
        "id": hook.id,
        "url": redact_url(hook.url),
        "state": hook.state,
        "kinds": list(hook.event_filter.kinds),
        "min_coverage": hook.event_filter.min_coverage,
        "query": hook.event_filter.query,
        "last_delivered_id": hook.last_delivered_id,
        "blocked_stories": hook.blocked_stories,
        "error": hook.error,
        "pause_reason": hook.health.pause_reason,
        "created_at": hook.created_at.isoformat(),
        "last_delivered_at": delivered_at.isoformat() if delivered_at else None,
    }
