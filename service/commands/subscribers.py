"""`samestory subscribers`: who gets the digest, when, and of what."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from jobs.running.context import Context
from jobs.running.deliver import ask_to_confirm
from service.commands.bounces import report
from service.commands.running.wiring import open_context
from service.domain.subscribers.digest_preferences import LISTS, USUAL, Preferences, told_days
from service.domain.text.email_addresses import normalize_email
from service.mail.smtp import opened_sender
from service.settings import load as settings_module
from service.store.subscribers import subscribers
from service.store.subscribers.subscribers import Subscriber

app = typer.Typer(help="Subscribers of the daily digest.", no_args_is_help=True)
app.command()(report)

Address = Annotated[str, typer.Argument(help="An email address.")]
Zone = Annotated[str | None, typer.Option(help="Time zone, such as Europe/Berlin.")]
Hour = Annotated[int | None, typer.Option(help="Local hour of the issue, 0 to 23.")]
Days = Annotated[str | None, typer.Option(help="Some of mon,tue,wed,thu,fri,sat,sun, or all.")]
Language = Annotated[str | None, typer.Option(help="Headlines in it are preferred, such as en.")]
Independent = Annotated[
    int | None, typer.Option(help="Independent coverage that a story needs at least.")
]
Languages = Annotated[str | None, typer.Option(help="Stories told in none of these are left out.")]
Follow = Annotated[str | None, typer.Option(help="Words whose stories come higher, by commas.")]
Mute = Annotated[str | None, typer.Option(help="Words whose stories are left out, by commas.")]
FollowOutlets = Annotated[str | None, typer.Option(help="Outlets by slug, by commas.")]
MuteOutlets = Annotated[str | None, typer.Option(help="Outlets by slug, by commas.")]
FollowCountries = Annotated[str | None, typer.Option(help="ISO codes such as GB, by commas.")]
MuteCountries = Annotated[str | None, typer.Option(help="ISO codes such as GB, by commas.")]
FollowLines = Annotated[str | None, typer.Option(help="Storylines by id, by commas.")]
MuteLines = Annotated[str | None, typer.Option(help="Storylines by id, by commas.")]


@app.command()
def add(address: Address, time_zone: Zone = None, hour: Hour = None, days: Days = None) -> None:
    """Add a subscriber, who is asked by email to confirm; `set` says of what.

    One who was asked and has not confirmed is asked again.
    """
    wishes = Preferences(time_zone=time_zone, hour=hour, days=days)
    schedule, filters = wishes.schedule(USUAL[0]), wishes.filters(USUAL[1])
    with open_context(settings_module.load()) as context:
        with context.sessions.begin() as session:
            now = context.clock()
            whom = normalize_email(address)
            added = subscribers.add(session, whom, schedule, filters, now=now, anew=True)
        if context.settings.mail.ready:
            with opened_sender(context.settings.mail) as sender:
                ask_to_confirm(context, sender, added)
            print(f"added {added.address}, who was asked to confirm")
        else:
            print(f"added {added.address}; no mail server is set, so that nobody was asked:")
            print(f"  samestory subscribers confirm {added.address}")


@app.command("list")
def list_subscribers(
    *, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False
) -> None:
    """All subscribers: state, local time, days, what they want."""
    with _world() as (_, session):
        found = subscribers.listed(session)
    if as_json:
        print(json.dumps([_facts(each) for each in found], ensure_ascii=False, indent=2))
        return
    for each in found:
        print(_line(each))


@app.command()
def confirm(address: Address) -> None:
    """Confirm for somebody who asked by another way than the link."""
    with _world() as (context, session):
        found = subscribers.find(session, address)
        print(_line(subscribers.confirm(session, found.id, now=context.clock())))


@app.command("set")
def set_wishes(  # noqa: PLR0917  # options, all by name
    address: Address,
    time_zone: Zone = None,
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
    follow_storylines: FollowLines = None,
    mute_storylines: MuteLines = None,
) -> None:
    """Change when somebody gets the digest and of what; an empty list clears what was there."""
    wishes = Preferences(
        time_zone, hour, days, language, min_independent, languages, follow_outlets, mute_outlets,
        follow_countries, mute_countries, follow, mute, follow_storylines, mute_storylines,
    )  # fmt: skip
    with _world() as (context, session):
        found = subscribers.find(session, address)
        schedule, filters = wishes.schedule(found.schedule), wishes.filters(found.filters)
        print(_line(subscribers.change(session, found.id, schedule, filters, now=context.clock())))


@app.command()
def stop(
    address: Address,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "stopped by the operator",
    *,
    bounced: Annotated[bool, typer.Option("--bounced", help="Their mailbox refused.")] = False,
) -> None:
    """Send somebody nothing more, such as after a bounce or a complaint; they stay on record."""
    with _world() as (_, session):
        found = subscribers.find(session, address)
        subscribers.stop(session, found.id, reason, bounced=bounced)
        print(_line(subscribers.get(session, found.id)))


@app.command()
def remove(address: Address) -> None:
    """Forget somebody, with all that was sent to them."""
    with _world() as (_, session):
        found = subscribers.find(session, address)
        subscribers.remove(session, found.id)
    print(f"removed {found.address}")


@contextmanager
def _world() -> Iterator[tuple[Context, Session]]:
    with open_context(settings_module.load()) as context, context.sessions.begin() as session:
        yield context, session


def _line(found: Subscriber) -> str:
    schedule = f"{found.schedule.hour:02}:00 {found.schedule.time_zone.key} {told_days(found.schedule.days)}"
    wants = [
        f"{name} {','.join(sorted(value))}"
        for name in LISTS
        if (value := getattr(found.filters, name))
    ]
    told = [f"at least {found.filters.min_independent} independent", *wants]
    why = f"  [{found.stop_reason}]" if found.stop_reason else ""
    return f"{found.address}  {found.state}  {schedule}  {'; '.join(told)}{why}"


def _facts(found: Subscriber) -> dict[str, Any]:
    return {
        "address": found.address,
        "state": found.state,
        "time_zone": found.schedule.time_zone.key,
        "hour": found.schedule.hour,
        "days": sorted(found.schedule.days),
        "language": found.filters.language,
        "min_independent": found.filters.min_independent,
        **{name: sorted(getattr(found.filters, name)) for name in LISTS},
        "stop_reason": found.stop_reason,
    }
