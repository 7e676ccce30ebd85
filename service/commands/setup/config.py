"""`samestory config`: show the settings in force and where each value comes from."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any

import typer

from service.commands.running.output import AsJson
from service.settings import load as settings_module
from service.settings.load import Settings
from service.settings.sources import DEFAULTS, mask

app = typer.Typer(help="Show the settings.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A setting as it may be shown: secrets are hidden."""

    name: str
    value: Any
    source: str


@app.callback()
def _group() -> None:
    """Show the settings."""


@app.command()
def show(
    *,
    changed: Annotated[bool, typer.Option("--changed", help="Omit the default values.")] = False,
    profile: Annotated[str, typer.Option(help="Profile; SAMESTORY_PROFILE by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show each setting with its value and the source of the value.

    Passwords and keys are hidden. URLs are shown without users, passwords and query values.
    """
    settings, sources = settings_module.load_with_sources(profile=profile)
    shown = [
        each for each in _list_settings(settings, sources) if not changed or each.source != DEFAULTS
    ]
    if as_json:
        rows = {each.name: {"value": each.value, "source": each.source} for each in shown}
        print(json.dumps(rows, ensure_ascii=False))
        return
    for each in shown:
        print(f"{each.name} = {json.dumps(each.value, ensure_ascii=False)}  # {each.source}")


def _list_settings(settings: Settings, sources: Mapping[str, str]) -> Iterator[ShownSetting]:
    for section in fields(settings):
        values = getattr(settings, section.name)
        for field in fields(values):
            name = f"{section.name}.{field.name}"
            value = mask(name, getattr(values, field.name))
            # JSON has no infinity.
            shown = "inf" if isinstance(value, float) and math.isinf(value) else value
            yield ShownSetting(name, shown, sources[name])
