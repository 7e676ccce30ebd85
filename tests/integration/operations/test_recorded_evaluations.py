"""`samestory evaluate --record` stores its result for the page of operations."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import build
from service.store.database.sessions import Sessions
from service.store.operations.evaluations import load_evaluations

pytestmark = pytest.mark.usefixtures("restore_logging")


def write(file: Path, stories: str) -> str:
    lines = (
        json.dumps({"id": str(n), "title": f"Title {n}", "story": each})
        for n, each in enumerate(stories)
    )
    file.write_text("\n".join(lines), encoding="utf-8")
    return str(file)


def test_result_is_stored_only_on_request(
    sessions: Sessions, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("DATABASE_URL", database_url)
    command = ["evaluate", write(tmp_path / "gold.jsonl", "aabb")]
    command += ["--predicted", write(tmp_path / "found.jsonl", "aabc")]
    for arguments in (command, [*command, "--record", "--profile", "english"]):
        result = CliRunner().invoke(build(arguments), arguments)
        assert result.exit_code == 0, result.exception
    with sessions() as session:
        [evaluation] = load_evaluations(session, limit=5)
    assert (evaluation.name, evaluation.profile) == ("gold.jsonl", "english")
    assert (evaluation.articles, evaluation.agreement.precision) == (4, 1.0)
    assert evaluation.agreement.recall == 0.75
