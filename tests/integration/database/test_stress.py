"""Short form of `make stress`: no deadlock among eight processes."""

import pytest

from jobs.running.schedule import build_schedule
from service.settings import load as settings_module
from tests.bench.stress import EDITS, run_stress

SECONDS = 8


@pytest.mark.slow
def test_eight_processes_do_not_deadlock(database_url: str):
    outcome = run_stress(database_url, SECONDS)
    assert (outcome.deadlocks, outcome.retries) == (0, 0)
    names = {job.name for job in build_schedule(settings_module.load({}))} | EDITS.keys()
    assert outcome.actions.keys() <= names
    assert sum(outcome.actions.values()) > 100
    assert outcome.articles > 0
