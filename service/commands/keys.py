"""`samestory keys`: who may ask the API, and for what."""

import json
from datetime import timedelta
from typing import Annotated, Any

import typer

from service.commands.running.times import parse_time
from service.commands.running.wiring import open_context
from service.domain.access.roles import Role
from service.store.access import keys
from service.store.access.keys import Key

app = typer.Typer(help="Keys of the API.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Of whoever holds it; decisions carry it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    name: Name,
    *,
    role: Annotated[
        list[Role] | None,
        typer.Option(help="What it allows; may be repeated. Every key may read."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="It expires after so many days.")
    ] = None,
    expires: Annotated[str, typer.Option(help="It expires at this moment, ISO 8601.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key; its secret is shown this once and not kept."""
    if days and expires:
        raise typer.BadParameter("say --days or --expires, not both")
    with open_context() as context, context.sessions.begin() as session:
        now = context.clock()
        end = parse_time(expires) if expires else now + timedelta(days=days) if days else None
        key, secret = keys.create(session, name, role or (), now=now, expires_at=end)
    if as_json:
        print(json.dumps(_facts(key) | {"secret": secret}, ensure_ascii=False))
        return
    print(_line(key))
    print(f"\n  {secret}\n\nKeep it now: it is shown this once. Send it as Authorization: Bearer …")


@app.command("list")
def list_keys(
    *,
    include_revoked: Annotated[bool, typer.Option("--all", help="Those revoked, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keys with what they allow, without their secrets."""
    with open_context() as context, context.sessions.begin() as session:
        found = keys.list_keys(session, include_revoked=include_revoked)
    if as_json:
        print(json.dumps([_facts(key) for key in found], ensure_ascii=False))
    else:
        print("\n".join(map(_line, found)) or "no keys")


@app.command()
def revoke(name: Name) -> None:
    """Let a key open nothing any more, at once."""
    with open_context() as context, context.sessions.begin() as session:
        key = keys.revoke(session, keys.get_by_name(session, name).id, now=context.clock())
    print(_line(key))


def _line(key: Key) -> str:
    roles = ",".join(sorted(key.roles))
    ends = f"  until {key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else ""
    used = f"  used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "  never used"
    revoked = f"  [revoked {key.revoked_at:%Y-%m-%d %H:%M}]" if key.revoked_at else ""
    return f"{key.id}  {key.name}  {roles}{ends}{used}{revoked}"


def _facts(key: Key) -> dict[str, Any]:
    moments = ("created_at", "expires_at", "revoked_at", "last_used_at")
    return {
        "id": key.id,
        "name": key.name,
        "roles": sorted(key.roles),
        **{name: at.isoformat() if (at := getattr(key, name)) else None for name in moments},
    }
