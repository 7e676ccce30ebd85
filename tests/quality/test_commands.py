"""Commands on files of articles, with the real encoder."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli import build
from service.domain.merges.model import MergeModel
from service.errors import BadInputError, BadLineError, SamestoryError
from tests.support.content.events import EVENTS, event_articles

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
def test_cluster_writes_one_line_per_article_in_order(
    gold: Path, tmp_path: Path, options: list[str]
) -> None:
    out = tmp_path / "out.jsonl"
    result = run("cluster", str(gold), "-o", str(out), *options)
    assert result.exit_code == 0, result.output
    assert [row["id"] for row in lines(out)] == [row["id"] for row in lines(gold)]
    assert len({row["story"] for row in lines(out)}) == len(EVENTS)
    assert {row["type"] for row in lines(out)} == {"report"}
    assert ("churn" in result.stderr) == bool(options)


def test_labels_do_not_affect_grouping(gold: Path) -> None:
    blind = gold.with_name("blind.jsonl")
    rows = [{k: v for k, v in row.items() if k != "story"} for row in lines(gold)]
    blind.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    seeing = run("cluster", str(gold), "-o", "-").stdout
    assert seeing == run("cluster", str(blind), "-o", "-").stdout


def test_malformed_line_leaves_output_unchanged(gold: Path, tmp_path: Path) -> None:
    gold.write_text(gold.read_text("utf-8") + "{oops\n", encoding="utf-8")
    out = tmp_path / "out.jsonl"
    assert isinstance(run("cluster", str(gold), "-o", str(out)).exception, BadLineError)
    assert not out.exists()
    out.write_text("precious", encoding="utf-8")
    assert isinstance(run("cluster", str(gold), "-o", str(out)).exception, BadLineError)
    assert out.read_text("utf-8") == "precious"


def test_error_is_one_line_with_exit_code_1(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("[]\n", encoding="utf-8")
    command = [sys.executable, "-c", "from service.cli import main; main()"]
    done = subprocess.run(
        [*command, "cluster", str(bad), "-o", "-"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f'samestory: {bad}, line 1: not an object: expected {{"id": …, "title": …}}\n'
    )


def test_cluster_reads_stdin_and_writes_stdout(gold: Path, tmp_path: Path) -> None:
    packed = tmp_path / "gold.jsonl.gz"
    packed.write_bytes(gzip.compress(gold.read_bytes()))
    expected = run("cluster", str(gold), "-o", "-").stdout
    assert run("cluster", str(packed), "-o", "-").stdout == expected
    arguments = ["cluster", "-", "-o", "-"]
    piped = CliRunner().invoke(build(arguments), arguments, input=gold.read_bytes())
    assert piped.stdout == expected


def test_ids_keep_their_type(tmp_path: Path) -> None:
    keys = [1, "1", 10**30, "a\ud83d", "b\u0000"]
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"id": key, "title": "T\ud83d\u0000", "x": float("nan")} for key in keys]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run("cluster", str(path), "-o", str(out)).exit_code == 0
    assert [row["id"] for row in lines(out)] == keys


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["cluster", "GOLD", "-o", "none/out"], "does not exist"),
        (["cluster", "GOLD", "-o", "."], "it is a folder"),
        (["cluster", "none", "-o", "-"], "No such file"),
        (["cluster", "GOLD", "-o", "-", "--profile", "englsh"], "did you mean english"),
        (["evaluate", "GOLD", "--profile", "englsh"], "did you mean english"),
        (["evaluate", "none"], "No such file"),
        (["evaluate", "EMPTY"], "no articles"),
        (["evaluate", "BLIND"], "line 1: story is missing"),
        (["cluster", "GOLD", "-o", "-", "--now", "yesterday"], "Invalid timestamp 'yesterday'"),
        (["explain", "0", "nobody", "GOLD"], "Article nobody not found"),
        (["train", "EMPTY", "-o", "weights"], "no pairs of articles"),
        (["train", "BLIND", "-o", "weights"], "line 1: story is missing"),
        (["train", "GOLD", "-o", "none/weights"], "does not exist"),
        (["train-merges", "EMPTY", "--data", ".", "-o", "weights"], "no labelled sets"),
        (["train-merges", "SETS", "--data", ".", "-o", "weights"], "none.jsonl: not found in ."),
    ],
)
def test_invalid_input_raises_one_line_error(
    gold: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], reason: str
) -> None:
    monkeypatch.chdir(gold.parent)
    Path("EMPTY").write_text("")
    Path("BLIND").write_text('{"id": 1, "title": "T"}\n')
    Path("SETS").write_text('[[sets]]\nfiles = ["none.jsonl"]\nweight = 1\n')
    gold.rename("GOLD")
    result = run(*arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, SamestoryError)
    assert reason in str(result.exception)
    assert "\n" not in str(result.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ["cluster", "GOLD"],
        ["explain", "0", "0", "GOLD"],
        ["train", "GOLD", "GOLD", "-o", "weights"],
        ["train", "-", "-o", "weights"],
        ["train", "GOLD", "-o", "weights", "--calibrate", "other.jsonl"],
        ["train-merges", "GOLD", "-o", "weights"],
    ],
)
def test_wrong_usage_exits_with_code_2(
    gold: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(gold.parent)
    gold.rename("GOLD")
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("now", ["2023-04-25", "2023-04-25T00:00:00Z", "9999-12-31T23:59:59"])
def test_now_accepts_iso_timestamps(gold: Path, now: str) -> None:
    assert run("cluster", str(gold), "-o", "-", "--now", now).exit_code == 0


def test_empty_file_has_no_stories(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text("")
    assert run("cluster", str(path), "-o", "-").stdout == ""
    assert run("cluster", str(path), "-o", "-", "--stream").exit_code == 0


def test_evaluate_reports_all_metrics(gold: Path) -> None:
    report = json.loads(run("evaluate", str(gold), "--json").stdout)
    assert report["bcubed"]["f1"] == pytest.approx(1)
    assert (report["articles"], report["stories"], report["predicted"]) == (20, 5, 5)
    assert report["articles_per_second"] > 0
    assert report["churn"] is None
    assert report["candidates"]["recall"] == 1
    assert 0 < report["candidates"]["per_article"] <= 19
    assert 0 <= report["candidates"]["calibration_error"] < 0.5


def test_evaluate_reports_labelled_copies_and_storylines(gold: Path) -> None:
    assert json.loads(run("evaluate", str(gold), "--json").stdout)["copies"] is None
    rows = lines(gold)
    rows[1] |= {"text": rows[0]["text"], "title": rows[0]["title"], "copy_of": rows[0]["id"]}
    rows = [{**row, "storyline": row["story"]} for row in rows]
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    report = json.loads(run("evaluate", str(gold), "--json").stdout)
    assert report["copies"]["labelled"] == 1
    assert report["storylines"]["f1"] == pytest.approx(1)
    assert report["between_stories"]["labelled"] == 0


def test_evaluate_accepts_predicted_grouping(gold: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run("cluster", str(gold), "-o", str(out))
    result = run("evaluate", str(gold), "--predicted", str(out))
    assert "bcubed               precision 1.0000  recall 1.0000  f1 1.0000" in result.stdout
    assert "candidates" not in result.stdout
    with out.open("a", encoding="utf-8") as more:
        more.write('{"id": "extra", "story": "s"}\n')
    result = run("evaluate", str(gold), "--predicted", str(out))
    assert "ignored 1 unlabelled articles" in result.stderr
    assert "f1 1.0000" in result.stdout
    out.write_text("", encoding="utf-8")
    result = run("evaluate", str(gold), "--predicted", str(out))
    assert isinstance(result.exception, BadInputError)
    assert "no story for id 0" in str(result.exception)


def test_evaluate_stream_reports_churn(gold: Path) -> None:
    report = json.loads(run("evaluate", str(gold), "--stream", "--json").stdout)
    assert report["churn"]["reconciles"] > 0
    assert report["candidates"]["recall"] == 1
    assert "churn" in run("evaluate", str(gold), "--stream").stdout


def test_explain_reports_feature_contributions(gold: Path) -> None:
    report = json.loads(run("explain", "0", "1", str(gold), "--json").stdout)
    assert report["same_story"]
    assert report["score"] > 0.5
    total = report["base_log_odds"] + sum(report["contributions"].values())
    assert total == pytest.approx(report["log_odds"])
    table = run("explain", "0", "100", str(gold)).stdout
    assert "two stories" in table
    assert "dense" in table


def test_train_writes_weights_and_prints_evaluation(gold: Path, tmp_path: Path) -> None:
    other = gold.with_name("other.jsonl")
    other.write_bytes(gold.read_bytes())
    out = tmp_path / "weights.json"
    result = run("train", str(gold), str(other), "-o", str(out))
    assert result.exit_code == 0, result.output
    written = json.loads(out.read_text("utf-8"))
    names = {"gold.jsonl", "other.jsonl"}
    assert set(written["about"]["sets"]) == names | {f"{name} (titles)" for name in names}
    assert all(f"\n{name}" in result.stdout for name in written["about"]["sets"])
    to_stdout = run("train", str(gold), str(other), "-o", "-")
    assert to_stdout.stdout == out.read_text("utf-8")
    assert "\nother.jsonl" in to_stdout.stderr
    plain = run("train", str(gold), "-o", "-", "--no-titles").stdout
    assert set(json.loads(plain)["about"]["sets"]) == {"gold.jsonl"}


def test_train_fits_probabilities_to_days_scored_without_them(gold: Path) -> None:
    other = gold.with_name("other.jsonl")
    other.write_bytes(gold.read_bytes())
    command = ["train", str(gold), str(other), "-o", "-", "--no-evaluate", "--no-titles"]
    plain, calibrated = (
        json.loads(run(*command, *more).stdout) for more in ([], ["--calibrate", str(gold)])
    )
    assert plain.pop("calibration") == {"bias": 0.0, "high": 1.0, "low": 1.0}
    assert calibrated.pop("calibration") != {"bias": 0.0, "high": 1.0, "low": 1.0}
    assert calibrated == plain


def test_train_merges_writes_weights_and_prints_evaluation(gold: Path, tmp_path: Path) -> None:
    gold.with_name("other.jsonl").write_bytes(gold.read_bytes())
    sets = tmp_path / "sets.toml"
    table = '[[sets]]\nfiles = ["{}.jsonl"]\nweight = 1\nundated = 0.5\ntitles = 0.5\n'
    sets.write_text(table.format("gold") + table.format("other"))
    out = tmp_path / "weights.json"
    arguments = ["train-merges", str(sets), "--data", str(gold.parent), "-o"]
    result = run(*arguments, str(out))
    assert result.exit_code == 0, result.output
    assert set(MergeModel.load(out.read_text("utf-8")).about["sets"]) == {
        "gold.jsonl",
        "other.jsonl",
    }
    assert all(f"\n{name}" in result.stdout for name in ("gold.jsonl", "other.jsonl"))
    to_stdout = run(*arguments, "-")
    assert to_stdout.stdout == out.read_text("utf-8")
    assert "\nother.jsonl" in to_stdout.stderr


def test_language_means_can_be_written_to_standard_output(gold: Path, tmp_path: Path) -> None:
    out = tmp_path / "means.json"
    arguments = ["language-means", str(gold), "--min-titles", "1", "-o"]
    assert run(*arguments, str(out)).exit_code == 0
    assert run(*arguments, "-").stdout == out.read_text("utf-8")


def test_evaluate_needs_no_titles_for_a_given_grouping(tmp_path: Path) -> None:
    labels, grouping = tmp_path / "gold.jsonl", tmp_path / "out.jsonl"
    labels.write_text('{"id": 1, "story": "a"}\n{"id": 2, "story": "a"}\n')
    grouping.write_text('{"id": 1, "story": "x"}\n{"id": 2, "story": "x"}\n')
    done = run("evaluate", str(labels), "--predicted", str(grouping), "--json")
    assert json.loads(done.stdout)["bcubed"]["f1"] == 1
