"""`samestory subscribers`: manage subscribers, their delivery schedules and filters."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from jobs.running.context import Context
from service.commands.bounces import report
from service.commands.running.wiring import open_context
from service.domain.subscribers.digest_preferences import (
    DEFAULT_FILTERS,
    DEFAULT_SCHEDULE,
    LIST_FIELDS,
    Preferences,
    format_days,
)
from service.domain.text.email_addresses import normalize_email
from service.mail.deliver import send_confirmation
from service.mail.smtp import open_sender
from service.store.subscribers import subscribers
from service.store.subscribers.subscribers import Subscriber

app = typer.Typer(help="Manage subscribers of the daily digest.", no_args_is_help=True)
app.command()(report)

Address = Annotated[str, typer.Argument(help="Email address.")]
Zone = Annotated[str | None, typer.Option(help="Time zone, such as Europe/Berlin.")]
Hour = Annotated[int | None, typer.Option(help="Local hour of delivery, 0 to 23.")]
Days = Annotated[
    str | None, typer.Option(help="Comma-separated days of mon,tue,wed,thu,fri,sat,sun, or all.")
]
Language = Annotated[str | None, typer.Option(help="Preferred language of headlines, such as en.")]
Independent = Annotated[
    int | None,
    typer.Option(
        help="Minimum number of outlets that report it, copies not counted; a family counts once."
    ),
]
Languages = Annotated[
    str | None, typer.Option(help="Only stories with a report in one of these languages.")
]
Follow = Annotated[
    str | None, typer.Option(help="Comma-separated words; stories that contain them rank higher.")
]
Mute = Annotated[
    str | None, typer.Option(help="Comma-separated words; stories that contain them are left out.")
]
FollowOutlets = Annotated[
    str | None, typer.Option(help="Comma-separated slugs of outlets; their stories rank higher.")
]
MuteOutlets = Annotated[
    str | None, typer.Option(help="Comma-separated slugs of outlets; their reports are left out.")
]
FollowCountries = Annotated[
    str | None,
    typer.Option(help="Comma-separated ISO codes such as GB; their stories rank higher."),
]
MuteCountries = Annotated[
    str | None,
    typer.Option(help="Comma-separated ISO codes such as GB; their reports are left out."),
]
FollowStorylines = Annotated[
    str | None, typer.Option(help="Comma-separated ids of storylines; their stories rank higher.")
]
MuteStorylines = Annotated[
    str | None, typer.Option(help="Comma-separated ids of storylines; their stories are left out.")
]


@app.command()
def add(address: Address, zone: Zone = None, hour: Hour = None, days: Days = None) -> None:
    """Add a subscriber and send the email that asks for confirmation.

    Adding a pending subscriber again replaces the schedule, resets the filters and sends another
    confirmation email. Set filters with `samestory subscribers set`.
    """
    preferences = Preferences(time_zone=zone, hour=hour, days=days)
    schedule = preferences.apply_to_schedule(DEFAULT_SCHEDULE)
    with open_context() as context:
        with context.sessions.begin() as session:
            added = subscribers.add(
                session,
                normalize_email(address),
                schedule,
                DEFAULT_FILTERS,
                now=context.clock(),
                replace_pending=True,
            )
        if context.settings.mail.ready:
            with open_sender(context.settings.mail) as sender:
                send_confirmation(context, sender, added)
            print(f"added {added.address} and sent the confirmation email")
        else:
            print(f"added {added.address}; no mail server is configured, so confirm with:")
            print(f"  samestory subscribers confirm {added.address}")


@app.command("list")
def list_subscribers(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """List subscribers with their states, delivery schedules and filters."""
    with _open_session() as (_, session):
        rows = subscribers.list_all(session)
    if as_json:
        print(json.dumps([_to_dict(each) for each in rows], ensure_ascii=False, indent=2))
        return
    for each in rows:
        print(_format_line(each))


@app.command()
def confirm(address: Address) -> None:
    """Confirm a subscription without the link, e.g. after a request by phone."""
    with _open_session() as (context, session):
        subscriber = subscribers.find_by_address(session, address)
        print(_format_line(subscribers.confirm(session, subscriber.id, now=context.clock())))


@app.command("set")
def set_preferences(  # noqa: PLR0917  # options, all by name
    address: Address,
    zone: Zone = None,
    hour: Hour = None,
    days: Days = None,
    language: Language = None,
    min_independent: Independent = None,
    languages: Languages = None,
    follow: Follow = None,
    mute: Mute = None,
    follow_outlets: FollowOutlets = None,
    mute_outlets: MuteOutlets = None,
    follow_countries: FollowCountries = None,
    mute_countries: MuteCountries = None,
    follow_storylines: FollowStorylines = None,
    mute_storylines: MuteStorylines = None,
) -> None:
    """Change delivery schedule and filters. Pass '' to clear a list."""
    preferences = Preferences(
        zone, hour, days, language, min_independent, languages, follow_outlets, mute_outlets,
        follow_countries, mute_countries, follow, mute, follow_storylines, mute_storylines,
    )  # fmt: skip
    with _open_session() as (context, session):
        before = subscribers.find_by_address(session, address)
        changed = subscribers.update_preferences(
            session,
            before.id,
            preferences.apply_to_schedule(before.schedule),
            preferences.apply_to_filters(before.filters),
            now=context.clock(),
        )
        print(_format_line(changed))


@app.command()
def stop(
    address: Address,
    reason: Annotated[str, typer.Option(help="Reason to record.")] = "stopped by the operator",
    *,
    bounced: Annotated[
        bool, typer.Option("--bounced", help="Record that the mailbox rejected emails.")
    ] = False,
) -> None:
    """Stop all emails to a subscriber, e.g. after a complaint. The subscriber's record is kept."""
    with _open_session() as (_, session):
        subscriber = subscribers.find_by_address(session, address)
        subscribers.stop(session, subscriber.id, reason, bounced=bounced)
        print(_format_line(subscribers.get(session, subscriber.id)))


@app.command()
def remove(address: Address) -> None:
    """Delete a subscriber with all alerts and sent emails."""
    with _open_session() as (_, session):
        subscriber = subscribers.find_by_address(session, address)
        subscribers.remove(session, subscriber.id)
    print(f"removed {subscriber.address}")


@contextmanager
def _open_session() -> Iterator[tuple[Context, Session]]:
    with open_context() as context, context.sessions.begin() as session:
        yield context, session


def _format_line(subscriber: Subscriber) -> str:
    schedule, filters = subscriber.schedule, subscriber.filters
    lists = [
        f"{name} {','.join(sorted(value))}"
        for name in LIST_FIELDS
        if (value := getattr(filters, name))
    ]
    conditions = "; ".join([f"at least {filters.min_independent} independent", *lists])
    delivery = f"{schedule.hour:02}:00 {schedule.time_zone.key} {format_days(schedule.days)}"
    reason = f"  [{subscriber.stop_reason}]" if subscriber.stop_reason else ""
    return f"{subscriber.address}  {subscriber.state}  {delivery}  {conditions}{reason}"


def _to_dict(subscriber: Subscriber) -> dict[str, Any]:
    schedule, filters = subscriber.schedule, subscriber.filters
    return {
        "address": subscriber.address,
        "state": subscriber.state,
        "time_zone": schedule.time_zone.key,
        "hour": schedule.hour,
        "days": sorted(schedule.days),
        "language": filters.language,
        "min_independent": filters.min_independent,
        **{name: sorted(getattr(filters, name)) for name in LIST_FIELDS},
        "stop_reason": subscriber.stop_reason,
    }
