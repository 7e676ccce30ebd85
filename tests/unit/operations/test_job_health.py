"""Health of jobs, and the remedies of feed errors."""

import re

import pytest

from service import errors
from service.domain.operations.job_health import BAD_STATES, REMEDIES, JobFacts, JobState, judge_job
from service.domain.operations.remedies import EXPLANATIONS, explain_feed_error
from service.settings.load import load


@pytest.mark.parametrize(
    ("running", "silence", "last_start", "failed", "state"),
    [
        (None, None, None, False, JobState.NEVER),
        (5.0, 1.0, 900.0, True, JobState.RUNNING),
        (500.0, 61.0, 500.0, False, JobState.STALLED),
        (500.0, None, 500.0, False, JobState.RUNNING),  # started by an earlier version
        (None, None, 259.0, False, JobState.IDLE),
        (None, None, 259.0, True, JobState.FAILED),
        (None, None, 261.0, True, JobState.LATE),
    ],
)
def test_state_of_a_job_with_an_interval_of_100_seconds(
    running: float | None, silence: float | None, last_start: float | None, *, failed: bool,
    state: JobState,
):  # fmt: skip
    facts = JobFacts(100.0, running, silence, last_start, failed)
    assert judge_job(facts, stalled_after=60.0) is state


def test_each_bad_state_and_each_feed_error_has_a_remedy():
    assert set(BAD_STATES) == REMEDIES.keys()
    kinds = {each.kind for each in vars(errors).values() if hasattr(each, "kind")}
    assert kinds == EXPLANATIONS.keys()
    assert explain_feed_error(None) == explain_feed_error("new kind")


def test_settings_in_remedies_exist():
    remedies = " ".join(each.remedy for each in EXPLANATIONS.values())
    named = re.findall(r"\b([a-z]+)\.([a-z]+_\w+)", remedies)
    assert ("fetch", "max_body_bytes") in named
    settings = load()
    assert [each for each in named if not hasattr(getattr(settings, each[0]), each[1])] == []
