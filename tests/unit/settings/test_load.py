"""Loading of settings: sources, precedence, profiles, error messages."""

import itertools
from dataclasses import fields
from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings.load import Settings, load
from service.settings.paths import CONFIG_DIR
from service.settings.sources import nearest, read_toml


def test_every_default_has_a_comment():
    lines = (CONFIG_DIR / "defaults.toml").read_text(encoding="utf-8").splitlines()
    for before, line in itertools.pairwise(lines):
        if line and not line.startswith(("#", "[", " ", "]")):  # not a continuation
            assert before.startswith("#"), f"no comment above: {line}"


def test_defaults_fill_every_section():
    table = read_toml(CONFIG_DIR / "defaults.toml")
    assert table.keys() - {"profiles"} == {field.name for field in fields(Settings)}
    assert load({}).web.port == table["web"]["port"]


def test_environment_overrides_file_and_file_overrides_defaults(tmp_path: Path):
    own = tmp_path / "own.toml"
    own.write_text('[web]\nport = 1111\nhost = "0.0.0.0"\n', encoding="utf-8")
    settings = load({"SAMESTORY_CONFIG": str(own), "SAMESTORY_WEB__PORT": "2222"})
    assert (settings.web.host, settings.web.port) == ("0.0.0.0", 2222)


def test_database_url_is_an_alias():
    assert load({"DATABASE_URL": "postgresql://x/y"}).database.url == "postgresql://x/y"


def test_environment_lists_are_json_or_comma_separated():
    by_commas = load({"SAMESTORY_FETCH__ALLOW_NETWORKS": "10.0.0.0/8, 127.0.0.0/8"})
    as_json = load({"SAMESTORY_FETCH__ALLOW_NETWORKS": '["10.0.0.0/8","127.0.0.0/8"]'})
    assert by_commas.fetch.allow_networks == as_json.fetch.allow_networks


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"SAMESTORY_WEB__PROT": "1"}, r"Unknown setting web\.prot; did you mean port\?"),
        ({"SAMESTORY_WBE__PORT": "1"}, r"Unknown settings section \[wbe\]; did you mean web\?"),
        ({"SAMESTORY_PORT": "1"}, r"did you mean SAMESTORY_WEB__PORT\?"),
        ({"SAMESTORY_WEB__PORT": "many"}, r"web\.port = 'many': .*integer"),
        ({"SAMESTORY_FETCH__ALLOW_NETWORKS": "[1,"}, "expected a JSON list"),
        ({"SAMESTORY_CONFIG": "/does/not/exist.toml"}, r"/does/not/exist\.toml"),
    ],
)
def test_invalid_setting_raises_error_with_hint(environ: dict[str, str], message: str):
    with pytest.raises(SettingsError, match=message):
        load(environ)


def test_section_must_be_a_table(tmp_path: Path):
    own = tmp_path / "own.toml"
    own.write_text("web = 3\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="must be a table"):
        load({"SAMESTORY_CONFIG": str(own)})


def test_invalid_toml_is_rejected(tmp_path: Path):
    own = tmp_path / "own.toml"
    own.write_bytes(b"\xff\xfe[web")
    with pytest.raises(SettingsError, match=r"own\.toml"):
        load({"SAMESTORY_CONFIG": str(own)})


def test_unknown_profile_is_rejected():
    with pytest.raises(SettingsError, match=r"Unknown profile 'englsh'; did you mean english\?"):
        load({}, profile="englsh")


def test_hint_without_close_match_lists_all_names():
    assert nearest("zzz", ["host", "port"]) == "valid names: host, port"


def test_profile_overrides_several_settings():
    default, english = load({}), load({}, profile="english")
    assert load({"SAMESTORY_PROFILE": "english"}) == english
    assert load({"SAMESTORY_PROFILE": "english"}, profile="multilingual") == default
    assert {"ar", "en", "fa", "ru", "tr", "zh"} < set(default.embed.languages)
    assert english.embed.languages == ("en",)
    for one, other in ((default.pairs, english.pairs), (default.merges, english.merges)):
        assert one.path != other.path
        assert one.path.is_file()
        assert other.path.is_file()


def test_default_profile_is_multilingual():
    assert load({}) == load({"SAMESTORY_PROFILE": ""}) == load({}, profile="multilingual")


def test_environment_overrides_profile():
    settings = load({"SAMESTORY_EMBED__MODEL": "some/folder"}, profile="english")
    assert (settings.embed.model, settings.embed.prefix) == ("some/folder", "")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("WEB__PORT", "8.5", "an integer"),
        ("WINDOW__DAYS", "week", "a number"),
        ("EMBED__PRECISION", "int4", "one of 'auto'"),
        ("MAIL__SECURITY", "ssl", "one of 'starttls'"),
    ],
)
def test_value_of_wrong_type_raises_error(variable: str, value: str, message: str):
    with pytest.raises(SettingsError, match=message):
        load({f"SAMESTORY_{variable}": value})


def test_toml_values_must_match_the_field_type(tmp_path: Path):
    own = tmp_path / "own.toml"
    for line in ("host = 3", "trusted_proxies = 3", "port = []"):
        own.write_text(f"[web]\n{line}\n", encoding="utf-8")
        with pytest.raises(SettingsError, match="expected"):
            load({"SAMESTORY_CONFIG": str(own)})
