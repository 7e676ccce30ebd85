"""`samestory webhooks`: who is told of changes of stories as they happen."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from jobs.running.context import Context
from jobs.webhooks import ping
from service.commands.running.times import moment
from service.commands.running.wiring import open_world
from service.domain.webhooks.webhooks import KINDS, secret_text, wanted
from service.errors import DeliveryError
from service.settings import load as settings_module
from service.store.webhooks import webhooks
from service.store.webhooks.webhooks import Webhook

app = typer.Typer(help="Webhooks: who is told of changes of stories.", no_args_is_help=True)

MOST = 2**63 - 1
#: As a kind: every kind.
ALL = "all"
Number = Annotated[
    int, typer.Argument(min=1, max=MOST, help="As `samestory webhooks list` shows it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where changes are sent, as POST.")],
    kind: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(KINDS)}; may be repeated.")
    ] = None,
    min_coverage: Annotated[
        int, typer.Option(help="Outlets that the story has after the change, at least.")
    ] = 0,
    since: Annotated[
        int | None,
        typer.Option(min=0, max=MOST, help="All changes after this number; 0 for all there are."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Add a webhook; its secret is shown once."""
    what = wanted(kind or [], min_coverage)
    with _world() as (context, session):
        added, secret = webhooks.add(session, url, what, now=context.clock(), since=since)
    if as_json:
        print(json.dumps(_facts(added) | {"secret": secret_text(secret)}, indent=2))
        return
    print(_line(added))
    print(f"secret, shown only now: {secret_text(secret)}")


@app.command("list")
def list_webhooks(*, as_json: AsJson = False) -> None:
    """All webhooks: what they are told of, how they fare, why one is paused."""
    with _world() as (_, session):
        found = webhooks.listed(session)
    if as_json:
        print(json.dumps([_facts(each) for each in found], indent=2))
        return
    for each in found:
        print(_line(each))


@app.command("set")
def set_facts(
    number: Number,
    *,
    url: Annotated[str | None, typer.Option(help="Where changes are sent from now on.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help=f"One of {', '.join(KINDS)}; may be repeated; {ALL} for all."),
    ] = None,
    min_coverage: Annotated[
        int | None, typer.Option(help="Outlets that the story has after the change, at least.")
    ] = None,
    pause: Annotated[
        bool, typer.Option("--pause", help="Tell it nothing until `resume`; nothing is lost.")
    ] = False,
) -> None:
    """Change what a webhook is told of, and where; its place in the sequence stays."""
    if not (url or kind or min_coverage is not None or pause):
        raise typer.BadParameter("say what to change, such as --kind merged")
    kinds = [] if kind == [ALL] else kind or None
    with _world() as (context, session):
        hook = webhooks.change(
            session, number, url=url, kinds=kinds, min_coverage=min_coverage, now=context.clock()
        )
        print(_line(webhooks.pause(session, number) if pause else hook))


@app.command()
def secret(number: Number) -> None:
    """Sign what a webhook is sent with a new secret from now on; it is shown once."""
    with _world() as (_, session):
        hook, made = webhooks.rotate(session, number)
        print(_line(hook))
    print(f"secret, shown only now: {secret_text(made)}")


@app.command()
def remove(number: Number) -> None:
    """Forget a webhook; it is told nothing more."""
    with _world() as (_, session):
        webhooks.remove(session, number)
    print(f"removed webhook {number}")


@app.command()
def resume(number: Number) -> None:
    """Go on with a paused webhook where it stopped, or try at once all that failed."""
    with _world() as (context, session):
        print(_line(webhooks.resume(session, number, now=context.clock())))


@app.command()
def test(number: Number) -> None:
    """Send a signed delivery of type `test` now; exit 1 with the reason unless it is taken."""
    with open_world(settings_module.load()) as context:
        outcome = ping(context, number)
        with context.sessions.begin() as session:
            url = webhooks.get(session, number).url
    if outcome.error is not None:
        raise DeliveryError(url, outcome.error, outcome.status)
    print(f"{url} answered {outcome.status}")


@contextmanager
def _world() -> Iterator[tuple[Context, Session]]:
    with open_world(settings_module.load()) as context, context.sessions.begin() as session:
        yield context, session


def _line(hook: Webhook) -> str:
    kinds = ",".join(hook.wanted.kinds) or "all"
    least = f", at least {hook.wanted.min_coverage} outlets" if hook.wanted.min_coverage else ""
    last = f"last delivered {moment(hook.delivered_at)}" if hook.delivered_at else "none delivered"
    held = f"; {hook.held} stories wait after failures" if hook.held else ""
    because = hook.health.paused_because or hook.error
    why = f"  [{because}]" if because else ""
    return (
        f"{hook.id}  {hook.url}  {hook.state}  {kinds}{least}; "
        f"up to change {hook.told}, {last}{held}{why}"
    )


def _facts(hook: Webhook) -> dict[str, Any]:
    return {
        "id": hook.id,
        "url": hook.url,
        "state": hook.state,
        "kinds": list(hook.wanted.kinds),
        "min_coverage": hook.wanted.min_coverage,
        "told": hook.told,
        "held": hook.held,
        "error": hook.error,
        "paused_because": hook.health.paused_because,
        "created_at": hook.created_at.isoformat(),
        "delivered_at": hook.delivered_at.isoformat() if hook.delivered_at else None,
    }
