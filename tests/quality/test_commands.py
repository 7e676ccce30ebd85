"""The commands on files, with the real encoder."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli import build
from service.errors import BadInputError, BadLineError, NotFoundError
from tests.support.coverage_of_events import EVENTS, event_articles

pytestmark = pytest.mark.slow


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build(arguments), list(arguments))


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    rows: list[dict[str, Any]] = [
        {
            "id": article.id,
            "title": article.title,
            "text": article.text,
            "published": article.published.isoformat() if article.published else None,
            "story": f"event {int(article.id) // 100}",
        }
        for article in event_articles()
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("options", [[], ["--stream"]])
def test_cluster_writes_one_line_for_each_in_order(
    gold: Path, tmp_path: Path, options: list[str]
) -> None:
    out = tmp_path / "out.jsonl"
    result = run("cluster", str(gold), "-o", str(out), *options)
    assert result.exit_code == 0, result.output
    assert [row["id"] for row in lines(out)] == [row["id"] for row in lines(gold)]
    assert len({row["story"] for row in lines(out)}) == len(EVENTS)
    assert ("churn" in result.stderr) == bool(options)


def test_labels_do_not_reach_the_grouping(gold: Path) -> None:
    blind = gold.with_name("blind.jsonl")
    rows = [{k: v for k, v in row.items() if k != "story"} for row in lines(gold)]
    blind.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    seeing = run("cluster", str(gold), "-o", "-").stdout
    assert seeing == run("cluster", str(blind), "-o", "-").stdout


def test_a_malformed_line_leaves_no_output(gold: Path, tmp_path: Path) -> None:
    gold.write_text(gold.read_text("utf-8") + "{oops\n", encoding="utf-8")
    out = tmp_path / "out.jsonl"
    result = run("cluster", str(gold), "-o", str(out))
    assert isinstance(result.exception, BadLineError)
    assert not out.exists()


def test_an_empty_file_has_no_stories(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text("")
    assert run("cluster", str(path), "-o", "-").stdout == ""
    assert run("cluster", str(path), "-o", "-", "--stream").exit_code == 0


def test_evaluate_gives_all_figures(gold: Path) -> None:
    report = json.loads(run("evaluate", str(gold), "--json").stdout)
    assert report["bcubed"]["f1"] == pytest.approx(1)
    assert (report["articles"], report["stories"], report["predicted"]) == (20, 5, 5)
    assert report["articles_per_second"] > 0
    assert report["churn"] is None


def test_evaluate_takes_a_grouping_made_before(gold: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run("cluster", str(gold), "-o", str(out))
    result = run("evaluate", str(gold), "--predicted", str(out))
    assert "bcubed               precision 1.0000  recall 1.0000  f1 1.0000" in result.stdout
    out.write_text("", encoding="utf-8")
    result = run("evaluate", str(gold), "--predicted", str(out))
    assert isinstance(result.exception, BadInputError)


def test_evaluate_a_stream_reports_churn(gold: Path) -> None:
    result = run("evaluate", str(gold), "--stream")
    assert "churn" in result.stdout


def test_explain_shows_each_features_share(gold: Path) -> None:
    report = json.loads(run("explain", "0", "1", str(gold), "--json").stdout)
    assert report["same_story"]
    assert report["score"] > 0.5
    total = report["base"] + sum(report["shares"].values())
    assert total == pytest.approx(report["log_odds"])
    table = run("explain", "0", "100", str(gold)).stdout
    assert "two stories" in table
    assert "dense" in table


def test_explain_of_an_unknown_article(gold: Path) -> None:
    assert isinstance(run("explain", "0", "nobody", str(gold)).exception, NotFoundError)


def test_train_writes_weights_and_prints_what_they_are_worth(gold: Path, tmp_path: Path) -> None:
    other = gold.with_name("other.jsonl")
    other.write_bytes(gold.read_bytes())
    out = tmp_path / "weights.json"
    result = run("train", str(gold), str(other), "-o", str(out))
    assert result.exit_code == 0, result.output
    assert "other.jsonl" in result.stdout
    written = json.loads(out.read_text("utf-8"))
    assert set(written["about"]["sets"]) == {"gold.jsonl", "other.jsonl"}
