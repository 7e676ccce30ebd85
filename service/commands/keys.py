"""`samestory keys`: create, list and revoke API keys; revoke signed links."""

import json
import sys
from datetime import timedelta
from typing import Annotated, Any

import typer

from service.commands.running.output import AsJson, print_lines
from service.commands.running.store import Store, open_store
from service.commands.running.times import parse_time
from service.domain.access.roles import Role
from service.settings.sections.daemon import DEMO_DATABASE
from service.store.access import keys
from service.store.access.keys import Key
from service.store.database.in_use import find_used_databases
from service.store.subscribers import link_keys

app = typer.Typer(
    help="Create, list and revoke API keys; revoke signed links.", no_args_is_help=True
)


@app.command()
def create(
    name: Annotated[
        str,
        typer.Argument(
            help="Name of the key, such as its owner. Decisions made with the key have this name "
            "in the audit log."
        ),
    ],
    *,
    role: Annotated[
        list[Role] | None,
        typer.Option(
            help="Role of the key (repeatable). reader: read only; editor: make decisions about "
            "stories, save queries; admin: manage feeds, outlets, subscribers, keys and webhooks. "
            "Every key may read. Default: reader."
        ),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, help="Expire after this many days. Default: never."),
    ] = None,
    expires: Annotated[
        str,
        typer.Option(
            help="Expire at this time (ISO 8601; UTC if it has no zone), instead of --days."
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Create a key and show its secret. The secret is not stored and cannot be shown again."""
    if days and expires:
        raise typer.BadParameter("use --days or --expires, not both")
    with open_store() as store, store.sessions.begin() as session:
        now = store.clock()
        expires_at = (
            parse_time(expires) if expires else now + timedelta(days=days) if days else None
        )
        key, secret = keys.create(session, name, role or (), now=now, expires_at=expires_at)
        _print_database(store, find_used_databases(session, DEMO_DATABASE))
    if as_json:
        print(json.dumps(_to_dict(key) | {"secret": secret}, ensure_ascii=False))
        return
    print(_format_line(key))
    print(
        f"\n  {secret}\n\nStore it now, it is not shown again. Send it as Authorization: Bearer …"
    )


@app.command("list")
def list_keys(
    *,
    include_revoked: Annotated[bool, typer.Option("--all", help="Include revoked keys.")] = False,
    as_json: AsJson = False,
) -> None:
    """List keys with their roles, expiry and last use, without secrets."""
    with open_store() as store, store.sessions.begin() as session:
        listed = keys.list_keys(session, include_revoked=include_revoked)
        _print_database(store, find_used_databases(session, DEMO_DATABASE))
    if as_json:
        print(json.dumps([_to_dict(key) for key in listed], ensure_ascii=False))
    else:
        print_lines(map(_format_line, listed), empty="no keys")


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="Name of the key; see `samestory keys list`.")],
) -> None:
    """Revoke a key immediately. It stays in the list of revoked keys."""
    with open_store() as store, store.sessions.begin() as session:
        key = keys.revoke(session, keys.get_by_name(session, name).id, now=store.clock())
    print(_format_line(key))


def _print_database(store: Store, demos: list[str]) -> None:
    """Print the database of the keys, and how to use that of a running demo, to standard error."""
    url = store.engine.url
    server = "the embedded server" if not store.settings.database.url else url.host or "localhost"
    print(f"Database {url.database} on {server}.", file=sys.stderr)
    for demo in demos:
        print(
            f"A demo is running on the database {demo}. For its keys, set "
            f"SAMESTORY_DATABASE__NAME={demo}",
            file=sys.stderr,
        )


@app.command("rotate-links")
def rotate_links() -> None:
    """Revoke all signed links: of emails, preferences pages and alert feeds.

    Later emails have new links. Subscribers must copy the address of alert feeds again.
    """
    with open_store() as store, store.sessions.begin() as session:
        link_keys.rotate(session, now=store.clock())
    print("all signed links are revoked")


def _format_line(key: Key) -> str:
    roles = ",".join(sorted(key.roles))
    expiry = f"  until {key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else ""
    used = f"  used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "  never used"
    revoked = f"  [revoked {key.revoked_at:%Y-%m-%d %H:%M}]" if key.revoked_at else ""
    return f"{key.id}  {key.name}  {roles}{expiry}{used}{revoked}"


def _to_dict(key: Key) -> dict[str, Any]:
    timestamps = ("created_at", "expires_at", "revoked_at", "last_used_at")
    return {
        "id": key.id,
        "name": key.name,
        "roles": sorted(key.roles),
        **{name: at.isoformat() if (at := getattr(key, name)) else None for name in timestamps},
    }
