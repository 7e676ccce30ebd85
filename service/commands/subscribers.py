"""`samestory subscribers`: manage subscribers, their delivery schedules and preferences."""

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from service.commands.bounces import report
from service.commands.running.output import AsJson, print_lines
from service.commands.running.store import Store, open_store
from service.domain.articles.coverage import INDEPENDENT_OUTLETS
from service.domain.subscribers.digests.preferences import (
    DEFAULT_FILTERS,
    DEFAULT_SCHEDULE,
    LIST_FIELDS,
    SubscriptionChange,
    format_days,
)
from service.domain.text.email_addresses import normalize_email
from service.errors import NotFoundError
from service.mail.deliver import send_confirmation
from service.mail.smtp import open_sender
from service.store.subscribers import subscribers, suppression
from service.store.subscribers.subscribers import Subscriber

app = typer.Typer(help="Manage subscribers of the daily digest.", no_args_is_help=True)
app.command()(report)

#: Help of the option --min-independent, also of alerts.
MIN_INDEPENDENT = f"Minimum number of {INDEPENDENT_OUTLETS}."

Address = Annotated[str, typer.Argument(help="Email address.")]
TimeZone = Annotated[str | None, typer.Option(help="IANA time zone, such as Europe/Berlin.")]
Hour = Annotated[int | None, typer.Option(help="Hour of delivery in the time zone, 0 to 23.")]
Days = Annotated[
    str | None,
    typer.Option(
        help="Days of delivery: some of mon,tue,wed,thu,fri,sat,sun, comma-separated, or all."
    ),
]
Language = Annotated[
    str | None, typer.Option(help="Preferred language of headlines, an ISO 639 code such as en.")
]
Independent = Annotated[int | None, typer.Option(help=MIN_INDEPENDENT)]
Languages = Annotated[
    str | None,
    typer.Option(
        help="Comma-separated ISO 639 codes; only stories with a report in one of these languages."
    ),
]
Follow = Annotated[
    str | None,
    typer.Option(
        help="Comma-separated words or phrases; stories with one of them in a title, keyword or "
        "name rank higher."
    ),
]
Mute = Annotated[
    str | None,
    typer.Option(
        help="Comma-separated words or phrases; stories with one of them in a title, keyword or "
        "name are left out."
    ),
]
FollowOutlets = Annotated[
    str | None,
    typer.Option(help="Comma-separated slugs of outlets; stories with one of them rank higher."),
]
MuteOutlets = Annotated[
    str | None, typer.Option(help="Comma-separated slugs of outlets; their reports are left out.")
]
FollowCountries = Annotated[
    str | None,
    typer.Option(
        help="Comma-separated ISO 3166-1 codes such as GB; stories with an outlet of one of these "
        "countries rank higher."
    ),
]
MuteCountries = Annotated[
    str | None,
    typer.Option(
        help="Comma-separated ISO 3166-1 codes such as GB; reports of outlets in these countries "
        "are left out."
    ),
]
FollowStorylines = Annotated[
    str | None, typer.Option(help="Comma-separated ids of storylines; their stories rank higher.")
]
MuteStorylines = Annotated[
    str | None, typer.Option(help="Comma-separated ids of storylines; their stories are left out.")
]


@app.command()
def add(
    address: Address,
    time_zone: TimeZone = DEFAULT_SCHEDULE.time_zone.key,
    hour: Hour = DEFAULT_SCHEDULE.hour,
    days: Days = format_days(DEFAULT_SCHEDULE.days),
) -> None:
    """Add a subscriber and send the confirmation email.

    The preferences have their defaults: English headlines, and main stories with reports of at
    least two independent outlets. To change them, run `samestory subscribers set`.

    If an address is added again before it is confirmed, its schedule is replaced, its preferences
    are reset, and the email is sent again. Without a mail server, no email is sent; confirm with
    `samestory subscribers confirm`.
    """
    change = SubscriptionChange(time_zone=time_zone, hour=hour, days=days)
    schedule = change.apply_to_schedule(DEFAULT_SCHEDULE)
    with open_store() as store:
        with store.sessions.begin() as session:
            added = subscribers.add(
                session,
                normalize_email(address),
                schedule,
                DEFAULT_FILTERS,
                now=store.clock(),
                replace_pending=True,
            )
        if store.settings.mail.ready:
            with open_sender(store.settings.mail) as sender:
                send_confirmation(store, sender, added)
            print(f"added {added.address} and sent the confirmation email")
        else:
            print(
                f"added {added.address}. Emails cannot be sent (see samestory doctor), so confirm with:"
            )
            print(f"  samestory subscribers confirm {added.address}")


@app.command("list")
def list_subscribers(*, as_json: AsJson = False) -> None:
    """List subscribers with their states, delivery schedules and preferences."""
    with _open_session() as (_, session):
        rows = subscribers.list_all(session)
    if as_json:
        print(json.dumps([_to_dict(each) for each in rows], ensure_ascii=False, indent=2))
        return
    print_lines(map(_format_line, rows), empty="no subscribers")


@app.command()
def confirm(address: Address) -> None:
    """Confirm a subscription without the confirmation email, e.g. after a request by phone."""
    with _open_session() as (store, session):
        subscriber = subscribers.get_by_address(session, address)
        print(_format_line(subscribers.confirm(session, subscriber.id, now=store.clock())))


@app.command("set")
def set_preferences(  # noqa: PLR0917  # options, all by name
    address: Address,
    time_zone: TimeZone = None,
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
    """Change delivery schedule and preferences.

    Settings without an option stay unchanged. An empty text ('') clears a list.
    """
    change = SubscriptionChange(
        time_zone, hour, days, language, min_independent, languages, follow_outlets, mute_outlets,
        follow_countries, mute_countries, follow, mute, follow_storylines, mute_storylines,
    )  # fmt: skip
    with _open_session() as (store, session):
        before = subscribers.get_by_address(session, address)
        changed = subscribers.update_preferences(
            session,
            before.id,
            change.apply_to_schedule(before.schedule),
            change.apply_to_filters(before.filters),
            now=store.clock(),
        )
        print(_format_line(changed))


@app.command()
def stop(
    address: Address,
    reason: Annotated[str, typer.Option(help="Reason to record.")] = "stopped by the operator",
    *,
    bounced: Annotated[
        bool, typer.Option("--bounced", help="Record that the mailbox rejects emails.")
    ] = False,
    complaint: Annotated[
        bool, typer.Option("--complaint", help="Also put the address on the suppression list.")
    ] = False,
) -> None:
    """Stop all emails to a subscriber. The subscriber's record is kept."""
    with _open_session() as (store, session):
        subscriber = subscribers.get_by_address(session, address)
        subscribers.stop(
            session,
            subscriber.id,
            reason,
            now=store.clock(),
            bounced=bounced,
            complaint=complaint,
        )
        print(_format_line(subscribers.get(session, subscriber.id)))


@app.command()
def suppress(
    address: Address,
    reason: Annotated[str, typer.Option(help="Reason to record.")] = "complaint: by the operator",
) -> None:
    """Put an address on the suppression list. It then gets no emails, even after `remove`.

    The list contains hashes of the addresses. Complaints put addresses on it automatically.
    """
    with _open_session() as (store, session):
        now = store.clock()
        with contextlib.suppress(NotFoundError):
            subscriber = subscribers.get_by_address(session, address)
            subscribers.stop(session, subscriber.id, reason, now=now, complaint=True)
        suppression.add(session, address, reason, now=now)
    print(f"suppressed {address}")


@app.command()
def unsuppress(address: Address) -> None:
    """Remove an address from the suppression list. Do this only if its owner requests emails."""
    with _open_session() as (_, session):
        removed = suppression.remove(session, address)
    print(f"{address} is not suppressed any more" if removed else f"{address} was not suppressed")


@app.command()
def remove(address: Address) -> None:
    """Delete a subscriber with all alerts and the records of sent emails."""
    with _open_session() as (_, session):
        subscriber = subscribers.get_by_address(session, address)
        subscribers.remove(session, subscriber.id)
    print(f"removed {subscriber.address}")


@contextmanager
def _open_session() -> Iterator[tuple[Store, Session]]:
    with open_store() as store, store.sessions.begin() as session:
        yield store, session


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
