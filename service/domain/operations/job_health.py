"""Health of a job: running, late, failed or stalled, with the remedy."""

from dataclasses import dataclass
from enum import StrEnum

#: A job is late after this number of intervals without a run, and these seconds.
LATE_INTERVALS, LATE_SECONDS = 2.0, 60.0


class JobState(StrEnum):
    """State of a job; only the first three are normal."""

    RUNNING = "running"
    IDLE = "idle"
    NEVER = "not run yet"
    LATE = "late"
    FAILED = "failed"
    STALLED = "stalled"


#: States that need an operator, the worst first.
BAD_STATES = (JobState.STALLED, JobState.FAILED, JobState.LATE)
REMEDIES = {
    JobState.LATE: "Check that samestory up or samestory jobs runs, and read its log",
    JobState.FAILED: "Read the error. The next run tries again; if it fails too, search the service "
    "log for the job",
    JobState.STALLED: "Another daemon takes over within a minute. If none runs, restart the service",
}


@dataclass(frozen=True, slots=True)
class JobFacts:
    """Known facts about a job; ages are in seconds, None if there is no such run."""

    every: float  #: interval of the schedule
    running: float | None  #: age of the run in progress
    silence: float | None  #: since its last heartbeat
    last_start: float | None  #: age of the start of the last finished run
    last_failed: bool


def judge_job(facts: JobFacts, *, stalled_after: float) -> JobState:
    """The state of a job.

    A run in progress has precedence, then a run that did not start in time, then the outcome of the
    last run.
    """
    if facts.running is not None:
        stalled = facts.silence is not None and facts.silence > stalled_after
        return JobState.STALLED if stalled else JobState.RUNNING
    if facts.last_start is None:
        return JobState.NEVER
    if facts.last_start > LATE_INTERVALS * facts.every + LATE_SECONDS:
        return JobState.LATE
    return JobState.FAILED if facts.last_failed else JobState.IDLE
