"""`samestory capacity`: estimate machines, memory and database for a number of articles a day."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from service.commands.capacity import tables
from service.commands.running.output import AsJson
from service.domain.capacity.costs import Costs
from service.domain.capacity.estimate import estimate
from service.domain.capacity.load import Load, Machine
from service.settings.paths import CONFIG_DIR

COSTS_FILE = CONFIG_DIR / "capacity_costs.json"
#: Line width if the output is not a terminal.
_WIDTH = 150


def capacity(
    *,
    articles_per_day: Annotated[float, typer.Option(help="New articles a day.")],
    window_days: Annotated[
        float, typer.Option(help="Days of the window, as in `window.days`.")
    ] = 7.0,
    share_with_text: Annotated[
        float, typer.Option(help="Share of the articles with full text, 0 to 1.")
    ] = 0.0,
    largest_language_share: Annotated[
        float | None,
        typer.Option(
            help="Share of the articles in the most frequent language, 0 to 1. Default: as in the "
            "shipped feeds."
        ),
    ] = None,
    reconcile_seconds: Annotated[
        float, typer.Option(help="Seconds between two reconcile runs, as in `schedule.reconcile`.")
    ] = 300.0,
    reconcile_cores: Annotated[
        float,
        typer.Option(
            help="Cores that share a reconcile run equally, on one or several machines; see "
            "the section `compute` of the settings."
        ),
    ] = 1.0,
    stored_days: Annotated[
        float, typer.Option(help="Days for which the database keeps articles.")
    ] = 365.0,
    digests_per_day: Annotated[float, typer.Option(help="Digest emails a day.")] = 0.0,
    max_load: Annotated[
        float, typer.Option(help="Share of each resource that may be in use, 0 to 1.")
    ] = 0.7,
    only_new: Annotated[
        bool,
        typer.Option(
            "--only-new",
            help="Hypothetical: estimate a reconcile that compares only new articles with the window. "
            "samestory compares all articles, so this is a lower bound that it does not reach.",
        ),
    ] = False,
    machine_cores: Annotated[float, typer.Option(help="Cores of one machine.")] = 16.0,
    machine_memory_gb: Annotated[float, typer.Option(help="Memory of one machine, GB.")] = 64.0,
    as_json: AsJson = False,
) -> None:
    """Estimate machines, memory and database for a number of articles a day.

    The estimate multiplies measured costs per step by the load. An installation is one `samestory
    up` with its own database. A load that one installation cannot take is divided among several.
    The first table shows the needs of all installations together, the second the cores by step. The
    last table shows how many articles a day each part of one installation can take, the lowest
    limit first.
    """
    load = Load(
        articles_per_day=articles_per_day,
        window_days=window_days,
        share_with_text=share_with_text,
        largest_language_share=largest_language_share,
        reconcile_seconds=reconcile_seconds,
        reconcile_cores=reconcile_cores,
        stored_days=stored_days,
        digests_per_day=digests_per_day,
        max_load=max_load,
        only_new=only_new,
    )
    machine = Machine(machine_cores, machine_memory_gb)
    result = estimate(load, machine, load_costs())
    if as_json:
        inputs = {"load": asdict(load), "machine": asdict(machine)}
        print(json.dumps(inputs | asdict(result) | {"all_cores": result.all_cores}))
        return
    _print_table(tables.NEED_COLUMNS, tables.need_rows(result, machine))
    _print_table(tables.STEP_COLUMNS, tables.step_rows(result))
    _print_table(tables.LIMIT_COLUMNS, tables.limit_rows(result))


def load_costs() -> Costs:
    """Load the measured costs.

    Raises:
        BadInputError: a cost is missing, or has no source.
    """
    return Costs.parse_json(COSTS_FILE.read_text(encoding="utf-8"))


def _print_table(columns: Iterable[str], rows: Iterable[tables.Row]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    table = Table()
    for name in columns:
        table.add_column(name)
    for row in rows:
        table.add_row(*row)
    console.print(table)
