"""`samestory outlets`: what the outlets are, and changing it against the configuration."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from service.commands.running.wiring import open_context
from service.domain.catalogue.outlet_edits import EDITABLE_FIELDS, FieldValue
from service.store.catalogue import outlets
from service.store.catalogue.outlet_stats import get_outlet
from service.store.catalogue.views import OutletView, all_outlets

app = typer.Typer(help="The outlets whose feeds are read.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Slug = Annotated[str, typer.Argument(help="An outlet, as `samestory outlets list` says.")]
Country = Annotated[str | None, typer.Option(help="ISO code such as GB; empty for none.")]
Language = Annotated[str | None, typer.Option(help="ISO code such as en; empty for none.")]
Family = Annotated[
    str | None, typer.Option(help="A publisher family by slug; the outlet's own slug for its own.")
]


@app.command("list")
def list_outlets(
    *,
    edited: Annotated[bool, typer.Option("--edited", help="Those changed by hand alone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Outlets with their facts, and what the configuration says where it was changed by hand."""
    with open_context() as context, context.sessions.begin() as session:
        found = [each for each in all_outlets(session) if each.edited_at or not edited]
    if as_json:
        print(json.dumps([_facts(each) for each in found], ensure_ascii=False))
    for each in () if as_json else found:
        print(_line(each))


@app.command("set")
def set_facts(
    slug: Slug,
    *,
    name: Annotated[str | None, typer.Option(help="What readers see.")] = None,
    family: Family = None,
    country: Country = None,
    language: Language = None,
    agency: Annotated[
        bool | None, typer.Option("--agency/--no-agency", help="Whether others reprint its texts.")
    ] = None,
) -> None:
    """Change what an outlet is, whatever the configuration says; its stories are told anew."""
    given: dict[str, FieldValue] = {
        "name": name,
        "family": family,
        "country": country,
        "language": language,
        "agency": agency,
    }
    wanted = {
        fact: None if fact in {"country", "language"} and value == "" else value
        for fact, value in given.items()
        if value is not None
    }
    if not wanted:
        raise typer.BadParameter("say what to change, such as --country GB")
    with open_context() as context, context.sessions.begin() as session:
        outlets.change(session, slug, wanted, now=context.clock())
        print(_line(get_outlet(session, slug)))


@app.command()
def reset(slug: Slug) -> None:
    """Let an outlet be at once what the configuration says."""
    with open_context() as context, context.sessions.begin() as session:
        outlets.restore(session, slug, now=context.clock())
        print(_line(get_outlet(session, slug)))


def _line(found: OutletView) -> str:
    agency = "  agency" if found.agency else ""
    known = found.configured_values or {}
    says = ", ".join(f"{fact} {_told(known[fact])}" for fact in EDITABLE_FIELDS if fact in known)
    edited = f"  [configured_values: {says}]" if says else ""
    facts = f"{found.family}  {found.country or '-'}  {found.language or '-'}{agency}"
    return f"{found.slug}  {found.name}  {facts}{edited}"


def _told(value: FieldValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or "-"


def _facts(found: OutletView) -> dict[str, Any]:
    moments = ("edited_at", "last_reported_at")
    told = {name: value.isoformat() for name in moments if (value := getattr(found, name))}
    return {**asdict(found), **told}
