"""`samestory doctor`: check all that a service needs, one line per check."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from service.commands.setup import machine_checks, service_checks
from service.commands.setup.findings import Finding, examine
from service.compute.loader import ComputeLoader
from service.errors import SamestoryError
from service.settings import load as settings_module
from service.settings.load import Settings
from service.store.database.sessions import open_engine

_COMPUTE_REMEDY = "start the cluster, or set SAMESTORY_COMPUTE__ADDRESS to local"
_MAIL_REMEDY = "correct the section [mail] of the settings"


def doctor(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON per check.")
    ] = False,
) -> None:
    """Check database, feeds, computation, model, mail server, clock, disk and port.

    Prints one line per check, with the remedy if something is wrong, and exits with 1 if a check
    failed. The command does not change the content of the database, and sends no emails. It fetches
    up to three feeds, starts the embedded server if it is not running, and downloads the model if
    the settings name one of the Hugging Face hub.
    """
    states = set()
    for finding in check_all(settings_module.load()):
        states.add(finding.state)
        print(json.dumps(asdict(finding)) if as_json else finding.line, flush=True)
    if "failed" in states:
        raise typer.Exit(1)


def check_all(settings: Settings) -> Iterator[Finding]:
    """Yield the findings in the order in which problems should be solved."""
    yield examine("clock", machine_checks.check_clock)
    yield examine("disk", partial(machine_checks.check_disk, settings))
    yield from _check_database(settings)
    compute = ComputeLoader(settings.compute)
    check_compute = partial(service_checks.check_compute, settings.compute, compute)
    yield examine("compute", check_compute, _COMPUTE_REMEDY)
    yield examine("model", partial(service_checks.check_model, settings.embed, compute))
    yield examine("mail", partial(service_checks.check_mail, settings), _MAIL_REMEDY)
    yield examine("port", partial(machine_checks.check_port, settings.web))


def _check_database(settings: Settings) -> Iterator[Finding]:
    try:
        with open_engine(settings.database) as engine:
            finding = examine("database", partial(service_checks.check_database, engine))
            yield finding
            if finding.state != "failed":
                yield examine("feeds", partial(service_checks.check_feeds, engine, settings))
    except SamestoryError as error:
        yield Finding("database", "failed", str(error))
