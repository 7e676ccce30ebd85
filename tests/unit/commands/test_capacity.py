"""`samestory capacity`: tables, JSON, and errors."""

import json

import pytest
from typer.testing import CliRunner

from service.cli import build
from service.commands.capacity.tables import format_bytes, format_number, format_time
from service.errors import BadInputError


def run(*arguments: str) -> str:
    result = CliRunner().invoke(build(["capacity"]), ["capacity", *arguments])
    if isinstance(result.exception, BadInputError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_tables_show_machines_steps_and_limits():
    output = run("--articles-per-day", "1000000", "--window-days", "7")
    assert "machines of 16 cores and 64 GB" in output
    for text in ("encode", "Postgres primary", "re-embed", "write lock", "divide the feeds"):
        assert text in output


def test_json_has_inputs_and_estimate():
    arguments = ("--articles-per-day", "50000", "--machine-cores", "4", "--machine-memory-gb", "8")
    data = json.loads(run(*arguments, "--json"))
    assert data["load"]["articles_per_day"] == 50_000
    assert data["machine"] == {"cores": 4, "memory_gb": 8}
    assert data["window_articles"] == 350_000
    assert data["all_cores"] == pytest.approx(sum(data["cores"].values()))
    assert data["limits"][0]["articles_per_day"] <= data["limits"][-1]["articles_per_day"]


def test_bad_input_is_an_error_with_the_range():
    with pytest.raises(BadInputError, match=r"Articles a day: 0 is outside of 1 to 1e\+09"):
        run("--articles-per-day", "0")
    with pytest.raises(BadInputError, match="Cores of a machine"):
        run("--articles-per-day", "10", "--machine-cores", "0")


def test_the_number_of_articles_is_required():
    result = CliRunner().invoke(build(["capacity"]), ["capacity"])
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.014, "0.014"), (12.34, "12"), (994, "990"), (996, "1 k"), (7e6, "7 M")],
)
def test_numbers_have_two_digits(value: float, text: str):
    assert format_number(value) == text


def test_sizes_and_times_have_units():
    assert format_bytes(250_000) == "0.25 MB"
    assert format_bytes(31e9) == "31 GB"
    assert format_bytes(3.5e15) == "3.5 k TB"
    assert [format_time(each) for each in (90, 210, 7200, 260_000)] == [
        "90 s",
        "3.5 min",
        "2 h",
        "3 days",
    ]
