"""Parser processes: isolation, time and memory limits."""

import io
import time

import pytest

from service.domain.articles.entries import ParsedFeed
from service.errors import FeedError, NotAFeedError
from service.ingest.parsing.worker import ParseJob, read_message, serve, write_message
from service.ingest.parsing.workers import parse_all
from service.settings.ingest import ParseSettings

SETTINGS = ParseSettings(workers=2, timeout_seconds=10, memory_mib=512)
SOUND = ParseJob(
    b"<rss version='2.0'><channel><item><title>Bridge</title></item></channel></rss>",
    "https://sound.example/",
)
#: The time of feedparser's lenient parser grows with the square of the number of unclosed tags.
HANGING = ParseJob(
    b"<rss version='2.0'><channel>" + b"<a " * 300_000, "https://me:pw@hangs.example/"
)
#: The body is in memory several times, as bytes, text and repaired text. Together these exceed a
#: small limit.
GREEDY = ParseJob(b"<rss version='2.0'><channel>" + b"x" * 30_000_000, "https://greedy.example/")


def outcome_kind(outcome: ParsedFeed | FeedError) -> str:
    return "entries" if isinstance(outcome, ParsedFeed) else outcome.kind


def test_outcomes_are_in_job_order() -> None:
    jobs = [
        SOUND,
        ParseJob(b"", "https://empty.example/"),
        SOUND,
        ParseJob(b"<html>", "https://x/"),
    ]

    outcomes = parse_all(jobs, SETTINGS)

    assert [outcome_kind(outcome) for outcome in outcomes] == [
        "entries",
        "not_a_feed",
        "entries",
        "not_a_feed",
    ]
    assert "https://empty.example/: " in str(outcomes[1])


def test_hanging_parser_is_stopped_at_the_time_limit() -> None:
    started = time.monotonic()
    impatient = ParseSettings(workers=1, timeout_seconds=1, memory_mib=512)

    outcomes = parse_all([SOUND, HANGING, SOUND], impatient)

    assert [outcome_kind(outcome) for outcome in outcomes] == [
        "entries",
        "parse_timeout",
        "entries",
    ]
    assert (
        str(outcomes[1]) == "https://hangs.example/: Parsing exceeded 1 s (parse.timeout_seconds)"
    )
    assert time.monotonic() - started < 8


def test_memory_limit_ends_only_the_worker() -> None:
    small = ParseSettings(workers=1, timeout_seconds=30, memory_mib=160)

    outcomes = parse_all([SOUND, GREEDY, SOUND], small)

    assert [outcome_kind(outcome) for outcome in outcomes] == ["entries", "parse_crash", "entries"]
    assert "exceeded 160 MiB" in str(outcomes[1])


def test_empty_job_list_starts_no_worker() -> None:
    assert parse_all([], SETTINGS) == []


def test_large_body_reaches_the_worker_complete() -> None:
    body = SOUND.body.replace(
        b"</item>", b"<description>" + b"x" * 3_000_000 + b"</description></item>"
    )

    outcome = parse_all([ParseJob(body, "https://large.example/")], SETTINGS)[0]

    assert isinstance(outcome, ParsedFeed)
    assert len(outcome.entries[0].summary) > 400_000


def test_worker_processes_jobs_until_the_stream_ends() -> None:
    jobs, outcomes = io.BytesIO(), io.BytesIO()
    for job in (SOUND, ParseJob(b"", "https://empty.example/")):
        write_message(jobs, job)
    jobs.seek(0)

    serve(jobs, outcomes)

    outcomes.seek(0)
    assert read_message(outcomes) == "ready"
    assert isinstance(read_message(outcomes), ParsedFeed)
    assert isinstance(read_message(outcomes), NotAFeedError)
    with pytest.raises(EOFError):
        read_message(outcomes)


def test_worker_accepts_only_jobs() -> None:
    stream = io.BytesIO()
    write_message(stream, "a job?")
    stream.seek(0)

    with pytest.raises(TypeError):
        serve(stream, io.BytesIO())


def test_truncated_message_raises_eof() -> None:
    whole = io.BytesIO()
    write_message(whole, SOUND)

    with pytest.raises(EOFError):
        read_message(io.BytesIO(whole.getvalue()[:-1]))
