"""Sources of settings: files, credentials of systemd, and what `samestory config show` prints."""

import json
import traceback
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli import build
from service.errors import SettingsError
from service.settings.load import Settings, load, load_with_sources
from service.store.database.schema import make_engine

SECRET = "p@ss/wörd:%41#?&\"' $x"


def write(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    return str(path)


def test_variable_with_suffix_reads_the_value_from_a_file(tmp_path: Path):
    file = write(tmp_path / "password", f"{SECRET}\n")
    url = write(tmp_path / "url", "postgresql://u@h/n\n")
    environ = {"SAMESTORY_MAIL__PASSWORD_FILE": file, "DATABASE_URL_FILE": url}
    settings, sources = load_with_sources(environ)
    assert (settings.mail.password, settings.database.url) == (SECRET, "postgresql://u@h/n")
    assert sources["mail.password"] == f"file {file} (SAMESTORY_MAIL__PASSWORD_FILE)"


def test_credentials_override_the_file_and_the_environment_overrides_both(tmp_path: Path):
    (tmp_path / "credentials").mkdir()
    write(tmp_path / "credentials" / "mail.password", "of systemd\n")
    write(tmp_path / "credentials" / "tls.key", "of another program")
    write(tmp_path / "own.toml", '[mail]\npassword = "of the file"\nuser = "of the file"\n')
    environ = {
        "SAMESTORY_CONFIG": str(tmp_path / "own.toml"),
        "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials"),
    }
    settings, sources = load_with_sources(environ)
    assert (settings.mail.password, settings.mail.user) == ("of systemd", "of the file")
    assert sources["mail.password"] == "systemd credential mail.password"
    assert sources["mail.user"] == str(tmp_path / "own.toml")
    assert load(environ | {"SAMESTORY_MAIL__PASSWORD": "x"}).mail.password == "x"


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"SAMESTORY_MAIL__PASSWORD_FILE": "/does/not/exist"}, "cannot read /does/not/exist"),
        ({"SAMESTORY_MAIL__PASWORD_FILE": "/dev/null"}, "did you mean password"),
        (
            {"SAMESTORY_MAIL__PASSWORD": "a", "SAMESTORY_MAIL__PASSWORD_FILE": "/dev/null"},
            "Both SAMESTORY_MAIL__PASSWORD and",
        ),
        ({"CREDENTIALS_DIRECTORY": "/does/not/exist"}, "CREDENTIALS_DIRECTORY"),
    ],
)
def test_unusable_source_raises_error(environ: dict[str, str], message: str):
    with pytest.raises(SettingsError, match=message):
        load(environ)


def test_mistyped_credential_raises_error(tmp_path: Path):
    write(tmp_path / "mail.pasword", "x")
    with pytest.raises(SettingsError, match="did you mean password"):
        load({"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_no_setting_ends_like_a_variable_with_a_file():
    settings = load({})
    for section in Settings.__slots__:
        assert not [name for name in getattr(settings, section).__slots__ if name.endswith("_file")]


@pytest.mark.parametrize("setting", ["database.password", "mail.password", "client.key"])
def test_secrets_are_in_no_message_and_no_repr(setting: str):
    variable = f"SAMESTORY_{setting.replace('.', '__').upper()}"
    with pytest.raises(SettingsError) as raised:
        load({variable: f"{SECRET}\nsecond line"})
    assert setting in str(raised.value)
    assert "wörd" not in "".join(traceback.format_exception(raised.value))
    assert "wörd" not in repr(load({variable: SECRET}))


def test_password_with_any_characters_reaches_the_driver():
    engine = make_engine("postgresql://u@h/n", password=SECRET)
    assert engine.url.password == SECRET
    assert make_engine("postgresql://u:own@h/n", password=SECRET).url.password == "own"


def show(monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    monkeypatch.setenv("SAMESTORY_MAIL__PASSWORD", SECRET)
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:hidden@host/name?sslpassword=hidden")
    done = CliRunner().invoke(build(["config"]), ["config", "show", *options])
    assert done.exit_code == 0, done.exception
    assert "hidden" not in done.stdout
    assert "wörd" not in done.stdout
    return done.stdout


def test_show_prints_every_setting_with_its_source(monkeypatch: pytest.MonkeyPatch):
    lines = show(monkeypatch).splitlines()
    assert "web.port = 8075  # defaults" in lines
    assert 'mail.password = "…"  # environment, SAMESTORY_MAIL__PASSWORD' in lines
    assert 'candidates.window_hours = "inf"  # defaults' in lines
    settings = load({})
    assert len(lines) == sum(len(getattr(settings, each).__slots__) for each in Settings.__slots__)


def test_show_prints_only_changes_as_json(monkeypatch: pytest.MonkeyPatch):
    rows: dict[str, Any] = json.loads(
        show(monkeypatch, "--changed", "--json", "--profile", "english")
    )
    assert rows["database.url"]["value"] == "postgresql://host/name?sslpassword=…"
    assert rows["grouping.quorum"] == {"value": 0.2, "source": "profile english"}
    assert "web.port" not in rows
