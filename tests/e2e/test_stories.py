"""`samestory stories`: listing, showing and editing on the command line."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from service.domain.identity.keys import link_keys
from service.store.database import schema
from service.store.database.sessions import make_sessions
from service.store.tables import ArticleKeyRow, ArticleRow
from tests.e2e.conftest import Shell
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, MERGED, SIMILAR_EVENTS

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]
OTHER = SIMILAR_EVENTS[0][0]


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    """Database with the content of the page tests."""
    url = new_database()
    engine: Engine = schema.make_engine(url)
    with make_sessions(engine).begin() as session:
        fill(session)
        for key, article_url in session.execute(select(ArticleRow.id, ArticleRow.url)).all():
            session.add(ArticleKeyRow(key_hash=link_keys(article_url)[0], article_id=key))
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def run(shell: Shell, database: str) -> Run:
    return lambda *arguments: shell.call("stories", *arguments, env={"DATABASE_URL": database})


def read(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_list_and_show(run: Run):
    assert MEETING in run("list", "--sort", "largest").stdout
    items = read(run("list", "--json", "--limit", "3"))["items"]
    assert len(items) == 3
    shown = run("show", MERGED).stdout
    assert shown.startswith(MEETING)
    assert "emerged 1 articles  by place" in shown
    assert read(run("show", MEETING, "--json"))["articles"] == 11


def test_merge_conflicting_split_export_and_undo(run: Run, tmp_path: Path):
    merged = read(run("merge", MEETING, OTHER, "--by", "ann", "--reason", "one meeting", "--json"))
    assert (merged["action"], merged["made_by"], merged["reason"]) == (
        "merge",
        "ann",
        "one meeting",
    )
    assert run("show", OTHER).stdout.startswith(MEETING)
    moved = str(merged["article_ids"][0])
    refused = run("split", MEETING, moved, "--by", "bob")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"decision {merged['id']} (merge" in refused.stderr
    assert f"samestory stories undo {merged['id']}" in refused.stderr

    path = tmp_path / "decided.jsonl"
    assert "labelled articles" in run("export", "-o", str(path)).stdout
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert {line["story"] for line in lines} == {MEETING}
    assert len(lines) > 11

    assert (
        "undone" in run("undo", str(merged["id"]), "--by", "bob", "--reason", "two of them").stdout
    )
    assert run("show", OTHER).stdout.startswith(OTHER)
    assert run("decisions").stdout == "no decisions\n"
    [undone] = read(run("decisions", "--all", "--json"))
    assert (undone["undone_by"], undone["undone_reason"]) == ("bob", "two of them")


def test_pin_and_hide_accept_story_or_article_id(run: Run):
    article = str(read(run("show", MEETING, "--json"))["members"][3]["id"])
    for arguments in (["pin", MEETING], ["pin", article], ["hide", OTHER]):
        assert read(run(*arguments, "--json"))["action"] == arguments[0]
    assert "pinned" in run("list", "--limit", "1").stdout
    assert run("show", OTHER).returncode == 1
    assert run("rename", OTHER, "A headline").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["show", "nobody"], 1, "not found. For a list, see: samestory stories list"),
        (["show", "x\ny"], 1, "not found"),
        (["hide", "99"], 1, "Article 99 not found"),
        (["hide", "9" * 30], 1, "Story 9999"),
        (["hide", "-1"], 2, "No such option"),
        (["merge", MEETING, MEETING], 1, "all ids belong to story"),
        (["merge", MEETING], 2, "Missing argument"),
        (["split", MEETING, "99"], 1, "99"),
        (["move", "9" * 30, MEETING], 2, "less than or equal"),
        (["rename", MEETING, "  "], 1, "Invalid headline: empty"),
        (["rename", MEETING, "x" * 500], 1, "maximum is 400"),
        (["lock", MEETING, "--by", "a\tb"], 1, "control characters"),
        (["undo", "99"], 1, "Decision 99 not found"),
        (["list", "--as-of", "yesterday"], 1, "Invalid timestamp"),
        (["export", "-o", "/does/not/exist/x.jsonl"], 1, "does not exist"),
    ],
)
def test_invalid_arguments_print_one_line(run: Run, arguments: list[str], code: int, message: str):
    done = run(*arguments)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert code == 2 or done.stderr.count("\n") == 1


def test_set_type_by_id_and_by_url(run: Run):
    member = read(run("show", MEETING, "--json"))["members"][0]
    corrected = read(run("set-type", member["url"], "live", "--json"))
    assert (corrected["action"], corrected["value"]) == ("set_type", "live")
    assert "set_type" in run("set-type", str(member["id"]), "media").stderr
    read(run("undo", str(corrected["id"]), "--json"))
    assert "not found" in run("set-type", "https://nobody.example/a", "live").stderr
    assert "'gossip' is not one of" in run("set-type", str(member["id"]), "gossip").stderr
