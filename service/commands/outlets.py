"""`samestory outlets`: list outlets and override their configured values."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from service.commands.running.output import AsJson, print_lines
from service.commands.running.store import open_store
from service.domain.catalogue.outlet_edits import EDITABLE_FIELDS, FieldValue
from service.store.catalogue import outlets
from service.store.catalogue.outlet_stats import get_outlet
from service.store.catalogue.views import OutletView, list_all_outlets

app = typer.Typer(help="List and edit outlets.", no_args_is_help=True)

Slug = Annotated[str, typer.Argument(help="Slug of an outlet; see `samestory outlets list`.")]
Country = Annotated[str | None, typer.Option(help="ISO 3166-1 code such as GB; '' for none.")]
Language = Annotated[str | None, typer.Option(help="ISO 639 code such as en; '' for none.")]
Family = Annotated[
    str | None,
    typer.Option(
        help="Slug of an existing publisher family, or the slug of the outlet for a family of "
        "its own."
    ),
]


@app.command("list")
def list_outlets(
    *,
    edited: Annotated[bool, typer.Option("--edited", help="List only edited outlets.")] = False,
    as_json: AsJson = False,
) -> None:
    """List outlets. The line of an edited outlet also has the configured values."""
    with open_store() as store, store.sessions.begin() as session:
        listed = [outlet for outlet in list_all_outlets(session) if outlet.edited_at or not edited]
    if as_json:
        rows = [asdict(outlet) for outlet in listed]
        print(json.dumps(rows, ensure_ascii=False, default=datetime.isoformat))
    else:
        print_lines(map(_format_line, listed), empty="no outlets")


@app.command("set")
def set_values(
    slug: Slug,
    *,
    name: Annotated[str | None, typer.Option(help="Display name.")] = None,
    family: Family = None,
    country: Country = None,
    language: Language = None,
    agency: Annotated[
        bool | None,
        typer.Option(
            "--agency/--no-agency",
            help="Whether the outlet is a news agency. Among articles with the same text, that of "
            "an agency is the original.",
        ),
    ] = None,
) -> None:
    """Edit an outlet. Edits take precedence over the configuration; omitted options stay unchanged.

    The descriptions of the outlet's stories are regenerated. A change of --agency takes effect in
    the next run of the job `reconcile`.
    """
    options: dict[str, FieldValue] = {
        "name": name,
        "family": family,
        "country": country,
        "language": language,
        "agency": agency,
    }
    changes = {
        field: None if field in {"country", "language"} and value == "" else value
        for field, value in options.items()
        if value is not None
    }
    if not changes:
        raise typer.BadParameter("No change given: use an option such as --country GB")
    with open_store() as store, store.sessions.begin() as session:
        outlets.edit_outlet(session, slug, changes, now=store.clock())
        print(_format_line(get_outlet(session, slug)))


@app.command()
def reset(slug: Slug) -> None:
    """Undo all edits of an outlet: restore the configured values."""
    with open_store() as store, store.sessions.begin() as session:
        outlets.reset_outlet(session, slug, now=store.clock())
        print(_format_line(get_outlet(session, slug)))


def _format_line(outlet: OutletView) -> str:
    agency = "  agency" if outlet.agency else ""
    values = f"{outlet.family}  {outlet.country or '-'}  {outlet.language or '-'}{agency}"
    configured = outlet.configured_values or {}
    overridden = ", ".join(
        f"{field} {_format_value(configured[field])}"
        for field in EDITABLE_FIELDS
        if field in configured
    )
    edited = f"  [configured: {overridden}]" if overridden else ""
    return f"{outlet.slug}  {outlet.name}  {values}{edited}"


def _format_value(value: FieldValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or "-"
