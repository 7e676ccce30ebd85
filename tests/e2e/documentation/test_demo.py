"""`samestory demo`: the whole pipeline with the real encoder on the sample feeds."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text

from service.domain.evaluation import grouping_metrics
from service.domain.urls.canonical import canonical_url
from service.settings.paths import SEEDS_DIR
from service.store.access import keys
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import make_sessions
from service.store.story_views import overview
from tests.e2e.conftest import Shell

pytestmark = pytest.mark.slow

MEETING = "moscow-four-party-talks-2023-04-25"
SIMILAR_EVENTS = ("moscow-defence-talks-2022-12", "moscow-foreign-ministers-2023-05-10")
#: Minimum B-cubed F1 on the samples. Not a quality figure; see seeds/README.md.
MIN_F1 = 0.95


@pytest.fixture(scope="module")
def first(shell: Shell) -> subprocess.CompletedProcess[str]:
    return shell.run("demo", "--once")


@pytest.fixture(scope="module")
def story_of(shell: Shell, first: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Story of each article by canonical URL after the first run."""
    assert first.returncode == 0, first.stderr
    server = EmbeddedServer.start(str(shell.data))
    engine = schema.make_engine(server.url("samestory_demo_multilingual"))
    with make_sessions(engine).begin() as session:
        stories = overview.story_by_url(session)
    engine.dispose()
    server.stop()
    return stories


def labels() -> list[dict[str, str]]:
    lines = (SEEDS_DIR / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def key(label: dict[str, str]) -> str:
    return canonical_url(label["url"]) or label["url"]


def test_all_feeds_and_articles_are_imported(
    first: subprocess.CompletedProcess[str], story_of: dict[str, str]
):
    assert "18 of 18 feeds were fetched." in first.stdout
    assert {key(label) for label in labels()} == story_of.keys()


def test_output_shows_table_and_next_steps(first: subprocess.CompletedProcess[str]):
    assert re.search(r"four-party|Four|Defence chiefs", first.stdout)
    assert "independent coverage" in first.stdout
    assert "samestory up" in first.stdout


def test_output_links_digest_preview(first: subprocess.CompletedProcess[str]):
    match = re.search(r"Today's digest email \((\d+) stories\): (\S+)", first.stdout)
    assert match
    assert int(match[1]) > 5
    page = Path(match[2]).read_text(encoding="utf-8")
    assert page.count('class="headline"') == int(match[1])


def test_reports_of_one_meeting_form_one_story_in_all_languages(story_of: dict[str, str]):
    reports = [label for label in labels() if label["story"] == MEETING]
    meeting = {story_of[key(label)] for label in reports}
    assert len(meeting) == 1
    assert {label["lang"] for label in reports} == {"en", "ru", "tr", "ar", "fa"}
    assert len({label["outlet"] for label in reports}) >= 13
    for name in SIMILAR_EVENTS:
        others = {story_of[key(label)] for label in labels() if label["story"] == name}
        assert len(others) == 1
        assert not others & meeting


def test_grouping_f1_reaches_minimum(story_of: dict[str, str]):
    english = [label for label in labels() if label["lang"] == "en"]
    for among in (labels(), english):
        metrics = grouping_metrics.bcubed(
            [label["story"] for label in among], [story_of[key(label)] for label in among]
        )
        assert metrics.f1 >= MIN_F1


def test_similar_events_share_storyline_and_copies_are_marked(
    shell: Shell, story_of: dict[str, str]
):
    server = EmbeddedServer.start(str(shell.data))
    engine = schema.make_engine(server.url("samestory_demo_multilingual"))
    with engine.connect() as connection:
        lines: dict[str, str | None] = dict(
            connection.execute(text("SELECT id, storyline_id FROM stories")).all()
        )
        copied = set(
            connection.scalars(
                text("SELECT url FROM articles JOIN copies ON copies.article_id = articles.id")
            )
        )
    engine.dispose()
    server.stop()
    storylines = {
        lines[story_of[key(label)]]
        for label in labels()
        if label["story"] in (MEETING, *SIMILAR_EVENTS)
    }
    assert len(storylines) == 1
    assert None not in storylines
    expected = {key(label) for label in labels() if label["copy_of"]}
    assert {canonical_url(url) for url in copied} == expected


def test_second_run_reports_existing_contents_and_changes_nothing(
    shell: Shell, story_of: dict[str, str]
):
    again = shell.run("demo", "--once")
    assert again.returncode == 0
    assert f"{len(story_of)} articles" in again.stdout
    assert "Only new articles will be added" in again.stdout
    server = EmbeddedServer.start(str(shell.data))
    engine = schema.make_engine(server.url("samestory_demo_multilingual"))
    with make_sessions(engine).begin() as session:
        assert overview.story_by_url(session) == story_of
    engine.dispose()
    server.stop()


def test_keys_beside_a_running_demo(shell: Shell, first: subprocess.CompletedProcess[str]):
    """A connection to the demo's database stands for the demo that serves its pages."""
    assert first.returncode == 0
    database = "samestory_demo_multilingual"
    server = EmbeddedServer.start(str(shell.data))
    engine = schema.make_engine(server.url(database))
    with engine.connect():
        elsewhere = shell.run("keys", "create", "ann")
        assert "Database samestory on the embedded server." in elsewhere.stderr
        assert f"set SAMESTORY_DATABASE__NAME={database}" in elsewhere.stderr
        created = shell.run("keys", "create", "ann", env={"SAMESTORY_DATABASE__NAME": database})
        assert created.stderr == f"Database {database} on the embedded server.\n"
    with make_sessions(engine).begin() as session:
        assert [each.name for each in keys.list_keys(session)] == ["ann"]
    engine.dispose()
    server.stop()


def test_invalid_feed_files_are_reported_and_skipped(shell: Shell, tmp_path: Path):
    tmp_path.chmod(0o755)
    good = (SEEDS_DIR / "feeds" / "northgate-post.atom").read_bytes()
    (tmp_path / "good.atom").write_bytes(good)
    (tmp_path / "empty.xml").write_bytes(b"")
    (tmp_path / "page.html").write_bytes(b"<html><body>no feed</body></html>")
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)) * 9)
    (tmp_path / ".hidden.xml").write_bytes(good)
    done = shell.run("demo", "--once", "--feeds", str(tmp_path), "--now", "2023-05-12T18:00Z")
    assert done.returncode == 0, done.stderr
    assert "1 of 4 feeds were fetched." in done.stdout
    assert "not_a_feed" in done.stdout
