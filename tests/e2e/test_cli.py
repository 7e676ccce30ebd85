"""Output and exit codes of the `samestory` command."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Shell


def test_version_is_printed(shell: Shell):
    done = shell.run("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "samestory")


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["demo", "--nope"], ["jobs", "run"], ["feeds", "check"]]
)
def test_wrong_usage_exits_with_2(shell: Shell, arguments: list[str]):
    done = shell.call(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "env", "message"),
    [
        (["db", "check"], {}, "samestory db upgrade"),
        (
            ["db", "check"],
            {"DATABASE_URL": "postgresql://127.0.0.1:1/x"},
            "Cannot connect to the database",
        ),
        (["db", "check"], {"DATABASE_URL": "sqlite://"}, "begins with postgresql://"),
        (["feeds", "list"], {"DATABASE_URL": "postgresql://h/x?nonsense=1"}, "nonsense"),
        (["feeds", "list"], {"DATABASE_URL": "postgresql://h:port/x"}, "Invalid DATABASE_URL"),
        (["feeds", "check", "http://x/"], {"SAMESTORY_FETCH__CONCURRENCY": "0"}, "from 1 to 1000"),
        (["jobs", "list"], {"SAMESTORY_WEB__PROT": "1"}, "did you mean port?"),
        (["jobs", "run", "fecth"], {}, "did you mean fetch?"),
        (["demo", "--feeds", "/does/not/exist"], {}, "is not a folder"),
        (["demo", "--now", "yesterday"], {}, "Invalid timestamp"),
        (["feeds", "check", "ftp://x/"], {}, "expected an http or https URL"),
        (["feeds", "check", "http://127.0.0.1:9/x"], {}, "fetch.allow_networks"),
        (["feeds", "import", "/does/not/exist.opml"], {}, "No such file"),
    ],
)
def test_invalid_input_prints_one_line_and_exits_with_1(
    shell: Shell, arguments: list[str], env: dict[str, str], message: str
):
    done = shell.call(*arguments, env=env)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.startswith("samestory: ")
    assert done.stderr.count("\n") == 1


def test_repeated_upgrade_applies_nothing(shell: Shell):
    assert shell.call("db", "upgrade").stdout.startswith("applied: ")
    assert shell.call("db", "upgrade").stdout == "the database is up to date\n"
    assert shell.call("db", "check").returncode == 0


def test_backup_is_restored_into_another_database(shell: Shell, tmp_path: Path):
    file, other = tmp_path / "stories.backup", {"SAMESTORY_DATABASE__NAME": "restored"}
    assert shell.call("keys", "create", "newsroom").returncode == 0
    assert "tables" in shell.call("db", "backup", str(file)).stdout
    done = shell.call("db", "restore", str(file), env=other)
    assert done.stdout.startswith(f"restored {file} at revision ")
    assert "up to date" in shell.call("db", "check", env=other).stdout
    assert "newsroom" in shell.call("keys", "list", env=other).stdout
    again = shell.call("db", "restore", str(file), env=other)
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "The database is not empty" in again.stderr


def test_status_lists_all_jobs(shell: Shell):
    done = shell.run("jobs", "status")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].split(maxsplit=1) == ["fetch", "idle; no finished run"]
