"""Parser processes: isolation, time and memory limits."""

import io
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from service.domain.articles.entries import Entry, ParsedFeed, Publisher
from service.errors import FeedError, NotAFeedError
from service.ingest.admission_job import AdmittedFeed
from service.ingest.discover import FeedLink
from service.ingest.pages.job import Page
from service.ingest.parsing.processes.messages import (
    MAX_OUTCOME_BYTES,
    BadMessageError,
    decode_outcome,
    encode_job,
    encode_outcome,
    read_message,
    write_message,
)
from service.ingest.parsing.processes.pool import ParserPool, parse_all
from service.ingest.parsing.processes.worker import FORK, NUMBER, Job, ParseJob, serve
from service.settings.sections.ingest import ParseSettings
from tests.support.content.drafts import DRAFT

SETTINGS = ParseSettings(workers=2, timeout_seconds=10, memory_mib=512)
LINKS = tuple[tuple[FeedLink, ...], ...]
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


def test_processes_end_silently_when_the_daemon_is_killed() -> None:
    own, other = socket.socketpair()
    jobs, unused_jobs = os.pipe()
    unused_outcomes, outcomes = os.pipe()
    socket.send_fds(own, [NUMBER.pack(FORK)], [jobs, outcomes])
    own.close()  # as the kernel does for a killed daemon
    for descriptor in (jobs, unused_jobs, outcomes, unused_outcomes):
        os.close(descriptor)

    start = "from service.ingest.parsing.processes.worker import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", start, "512", "10", ""],
        stdin=other.fileno(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    other.close()

    assert (ended.returncode, ended.stderr) == (0, b"")


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
        write_message(jobs, encode_job(job))
    jobs.seek(0)

    serve(jobs, outcomes)

    outcomes.seek(0)
    ready, *messages = [read_message(outcomes, max_bytes=MAX_OUTCOME_BYTES) for _ in range(3)]
    decoded = [decode_outcome(message, ParsedFeed) for message in messages]
    assert ready == b"ready"
    assert [type(outcome) for outcome in decoded] == [ParsedFeed, NotAFeedError]
    with pytest.raises(EOFError):
        read_message(outcomes, max_bytes=MAX_OUTCOME_BYTES)


def test_worker_accepts_only_jobs() -> None:
    stream = io.BytesIO()
    write_message(stream, encode_job("a job?"))
    stream.seek(0)

    with pytest.raises(TypeError):
        serve(stream, io.BytesIO())


def test_truncated_message_raises_eof() -> None:
    whole = io.BytesIO()
    write_message(whole, encode_job(SOUND))

    with pytest.raises(EOFError):
        read_message(io.BytesIO(whole.getvalue()[:-1]), max_bytes=MAX_OUTCOME_BYTES)


def test_message_above_the_limit_is_not_read() -> None:
    stream = io.BytesIO(struct.pack(">Q", 1 << 60))

    with pytest.raises(BadMessageError):
        read_message(stream, max_bytes=MAX_OUTCOME_BYTES)


AT = datetime(2026, 5, 4, 12, 30, 1, 250, tzinfo=UTC)
ENTRY = Entry(
    guid="\ud800 1",
    link="https://outlet.example/1",
    title="Bridge",
    summary="Über 100 %",
    content="",
    author="",
    published_raw="",
    published=AT,
    updated=None,
    language="",
    categories=("Local",),
    publisher=Publisher("", "Outlet"),
)
FEED = ParsedFeed("Outlet", "", "en", "rss20", timedelta(minutes=2.5), (ENTRY, ENTRY), ())


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (FEED, ParsedFeed),
        (AdmittedFeed(FEED, 2, (AT,), (DRAFT,), ("1: no title",)), AdmittedFeed),
        (Page("Text", "", "en", "stored"), Page),
        (((FeedLink("https://outlet.example/feed", "Outlet", guess=True),), ()), LINKS),
    ],
)
def test_outcome_is_decoded_unchanged(outcome: object, kind: object) -> None:
    assert decode_outcome(encode_outcome(outcome), kind) == outcome


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"[]",
        b"{}",
        b'{"outcome":null}',
        b'{"outcome":["a","b"]}',
        b'{"outcome":[1,"","","",null,[],[]]}',
        b'{"outcome":["","","","","soon",[],[]]}',
        b'{"outcome":["","","","",NaN,[],[]]}',
        b'{"outcome":["","","","",null,"ab",[]]}',
        b'{"error":"bad_status","url":"","detail":""}',
        b'{"error":"internal","url":1,"detail":""}',
        b"[" * 100_000,
        pickle.dumps(FEED),
    ],
)
def test_message_of_another_form_is_rejected(message: bytes) -> None:
    with pytest.raises(BadMessageError):
        decode_outcome(message, ParsedFeed)


@dataclass(frozen=True)
class EnvironmentJob(Job[tuple[str, ...]]):
    """Returns the names of the variables of the worker."""

    outcome_type = tuple[str, ...]

    def run(self) -> tuple[str, ...]:
        return tuple(os.environ)


@dataclass(frozen=True)
class ForgingJob(Job[str]):
    """Returns something else than its type promises, as a subverted worker can."""

    outcome_type = str

    def run(self) -> str:
        return cast("str", [1])


def test_worker_inherits_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SAMESTORY_DATABASE__URL", "PGPASSWORD", "MAIL_TOKEN"):
        monkeypatch.setenv(name, "secret")

    [names] = parse_all([EnvironmentJob(b"", "https://outlet.example/")], SETTINGS)

    assert isinstance(names, tuple)
    assert "PATH" in names
    assert not {"SAMESTORY_DATABASE__URL", "PGPASSWORD", "MAIL_TOKEN"} & set(names)


@dataclass(frozen=True)
class ServerJob(Job[int]):
    """Returns the process id of the fork server."""

    outcome_type = int

    def run(self) -> int:
        return os.getppid()


@dataclass(frozen=True)
class CrashJob(Job[int]):
    """Ends its worker."""

    outcome_type = int

    def run(self) -> int:
        os._exit(3)


@dataclass(frozen=True)
class FilesJob(Job[tuple[str, ...]]):
    """Returns the kinds of the open files of the worker beyond the standard streams."""

    outcome_type = tuple[str, ...]

    def run(self) -> tuple[str, ...]:
        files = [file for file in Path("/proc/self/fd").iterdir() if int(file.name) > 2]
        return tuple(str(file.readlink()).partition(":")[0] for file in files if file.is_symlink())


def test_fork_server_that_ends_is_replaced() -> None:
    with ParserPool(replace(SETTINGS, workers=1)) as pool:
        server = pool.submit(ServerJob(b"", "https://outlet.example/")).result()
        assert isinstance(server, int)
        os.kill(server, signal.SIGKILL)
        crash = pool.submit(CrashJob(b"", "https://outlet.example/")).result()
        other = pool.submit(ServerJob(b"", "https://outlet.example/")).result()

    assert "crashed the parser process (exit code 3)" in str(crash)
    assert isinstance(other, int)
    assert other != server


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no /proc")
def test_worker_has_only_its_own_pipes() -> None:
    jobs = [FilesJob(b"", "https://outlet.example/")] * 4

    assert parse_all(jobs, SETTINGS) == [("pipe", "pipe")] * 4


def test_outcome_of_another_type_fails_only_its_feed() -> None:
    forged, sound = parse_all(
        [ForgingJob(b"", "https://me:pw@forged.example/"), SOUND],
        replace(SETTINGS, workers=1),
    )

    assert isinstance(forged, FeedError)
    assert forged.kind == "parse_crash"
    assert "https://forged.example/: The parser process sent TypeError in a message" in str(forged)
    assert isinstance(sound, ParsedFeed)
