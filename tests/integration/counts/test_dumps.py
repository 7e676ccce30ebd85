"""Parquet dumps: files, manifest and dictionary, by job and command; storage with the S3 API."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.export import export
from jobs.running.context import Context
from service.errors import ExportError
from service.store.database.sessions import Sessions
from service.store.editing import actions
from service.store.export.storage import Storage
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, MERGED, STORYLINE, WORLD_NOW
from tests.support.database.editor import decide
from tests.support.database.rows import NOW, Rows
from tests.support.servers.s3_server import serving_s3

parquet = pytest.importorskip("pyarrow.parquet")
dump = pytest.importorskip("service.store.export.dump")
OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
DAY = "2023-05-11"


@pytest.fixture
def world(sessions: Sessions) -> Sessions:
    """The sample stories; one article and one story are hidden."""
    with sessions.begin() as session:
        fill(session)
        rows = Rows(session)
        desk = rows.outlet("desk")
        removed, secret = rows.article(desk, "Removed"), rows.article(desk, "Secret")
        rows.story("kept", [removed, rows.article(desk, "Kept", published=None)])
        rows.story("secret", [secret])
        removed_id = removed.id
    decide(sessions, NOW, lambda session, by: actions.mark_story(session, by, "hide", "secret"))
    decide(sessions, NOW, lambda session, by: actions.hide_article(session, by, removed_id))
    return sessions


def write(sessions: Sessions, target: str, **options: int) -> Any:
    return dump.write_dump(sessions, target, now=WORLD_NOW, release="1.2", **options)


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(folder / f"{name}.parquet").to_pylist()
    return rows


def test_dump_has_all_visible_rows(world: Sessions, tmp_path: Path):
    write(world, str(tmp_path))
    articles, stories = read(tmp_path / DAY, "articles"), read(tmp_path / DAY, "stories")
    titles = {each["title"] for each in articles}
    assert "Kept" in titles
    assert not titles & {"Removed", "Secret"}
    by_id = {each["id"]: each for each in stories}
    assert "secret" not in by_id
    assert by_id[MERGED]["merged_into"] == MEETING
    assert by_id[MEETING]["storyline_id"] == STORYLINE
    assert by_id[MEETING]["keywords"][0] == "Moscow"
    assert by_id[MEETING]["last_reported_at"].tzinfo is not None
    members = read(tmp_path / DAY, "memberships")
    ids = {each["id"] for each in articles}
    assert {each["article_id"] for each in members} <= ids
    assert sum(each["story_id"] == MEETING for each in members) == by_id[MEETING]["articles"]
    assert {each["story_id"] for each in articles} - {None} <= by_id.keys()
    hidden = [each for each in read(tmp_path / DAY, "transitions") if each["story_id"] == "secret"]
    assert [each["kind"] for each in hidden] == ["hidden"]


def test_manifest_lists_the_files_with_their_digests(world: Sessions, tmp_path: Path):
    files = write(world, str(tmp_path))
    manifest = json.loads((tmp_path / DAY / "manifest.json").read_text())
    assert (manifest["format"], manifest["release"]) == (1, "1.2")
    assert [each["name"] for each in manifest["files"]] == [each.name for each in files]
    for each in manifest["files"]:
        content = (tmp_path / DAY / each["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == each["sha256"]
        assert len(content) == each["bytes"]
        assert parquet.read_metadata(tmp_path / DAY / each["name"]).num_rows == each["rows"]


def test_dictionary_describes_every_column(world: Sessions, tmp_path: Path):
    write(world, str(tmp_path))
    dictionary = json.loads((tmp_path / DAY / "dictionary.json").read_text())
    page = OPERATIONS.read_text(encoding="utf-8")
    for name, table in dictionary.items():
        schema = parquet.read_schema(tmp_path / DAY / f"{name}.parquet")
        assert schema.names == [each["name"] for each in table["columns"]]
        for field, column in zip(schema, table["columns"], strict=True):
            assert field.metadata[b"description"].decode() == column["description"]
            assert f"| `{column['name']}` | {column['type']} | {column['description']} |" in page


def test_rows_are_written_in_batches(world: Sessions, tmp_path: Path):
    write(world, str(tmp_path / "whole"))
    write(world, str(tmp_path / "parts"), batch_rows=7)
    for name in ("articles", "memberships"):
        assert read(tmp_path / "whole" / DAY, name) == read(tmp_path / "parts" / DAY, name)
    assert parquet.read_metadata(tmp_path / "parts" / DAY / "articles.parquet").num_row_groups > 1


def test_job_writes_one_dump_a_day_and_deletes_old_ones(context: Context, tmp_path: Path):
    settings = replace(context.settings.export, target=str(tmp_path), keep_days=2)
    now = datetime(2023, 5, 11, 0, 30, tzinfo=UTC)

    def run(days: int) -> Any:
        at = now + timedelta(days=days)
        changed = replace(context.settings, export=settings)
        return export(replace(context, settings=changed, clock=lambda: at))

    (tmp_path / "other").mkdir()
    assert run(0)["bytes"] > 0
    assert run(0) == {}
    assert run(1)["deleted"] == 0
    assert run(2)["deleted"] == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["2023-05-12", "2023-05-13", "other"]


def test_job_does_nothing_without_a_target(context: Context):
    assert export(context) == {}


def test_incomplete_dump_is_replaced(world: Sessions, tmp_path: Path):
    write(world, str(tmp_path))
    assert dump.has_dump(str(tmp_path), WORLD_NOW.date())
    (tmp_path / DAY / "manifest.json").unlink()
    assert not dump.has_dump(str(tmp_path), WORLD_NOW.date())
    write(world, str(tmp_path))
    assert dump.has_dump(str(tmp_path), WORLD_NOW.date())


@pytest.mark.parametrize("target", ["nothing://x", "s3://", "{file}/x"])
def test_unusable_target_is_one_error(world: Sessions, tmp_path: Path, target: str):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ExportError):
        write(world, target.format(file=file))


def test_dump_in_s3_compatible_storage(world: Sessions, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with serving_s3() as server:
        target = server.target("dumps/samestory")
        files = write(world, target)
        folder = f"dumps/samestory/{DAY}"
        manifest = json.loads(server.objects[f"{folder}/manifest.json"])
        assert [each["name"] for each in manifest["files"]] == [each.name for each in files]
        for each in files:
            content = server.objects[f"{folder}/{each.name}"]
            assert hashlib.sha256(content).hexdigest() == each.sha256
        assert dump.has_dump(target, WORLD_NOW.date())
        tomorrow = WORLD_NOW.date() + timedelta(days=1)
        assert dump.delete_old_dumps(target, today=tomorrow, keep_days=1) == 1
        assert not any(key.endswith(".parquet") for key in server.objects)
        server.refuses = True
        with pytest.raises(ExportError, match="ACCESS_DENIED"):
            write(world, target)


def test_error_about_an_invalid_target_shows_no_secret():
    with pytest.raises(ExportError, match="Invalid target s3://bucket") as caught:
        Storage("s3://me:pw1@bucket/dumps?secret=pw2")
    assert "pw" not in str(caught.value)
