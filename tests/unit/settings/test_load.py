"""Where settings come from, and what is said of wrong ones."""

import itertools
from dataclasses import fields
from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings.load import Settings, load, nearest, read_toml
from service.settings.paths import CONFIG_DIR


def test_every_setting_has_a_default_and_a_comment():
    lines = (CONFIG_DIR / "defaults.toml").read_text(encoding="utf-8").splitlines()
    for before, line in itertools.pairwise(lines):
        if line and not line.startswith(("#", "[", " ", "]")):  # or it goes on
            assert before.startswith("#"), f"no comment above: {line}"


def test_defaults_fill_every_section():
    table = read_toml(CONFIG_DIR / "defaults.toml")
    assert table.keys() - {"profiles"} == {field.name for field in fields(Settings)}
    assert load({}).web.port == table["web"]["port"]


def test_the_environment_wins_over_a_file_and_that_over_the_defaults(tmp_path: Path):
    own = tmp_path / "own.toml"
    own.write_text('[web]\nport = 1111\nhost = "0.0.0.0"\n', encoding="utf-8")
    settings = load({"SAMESTORY_CONFIG": str(own), "SAMESTORY_WEB__PORT": "2222"})
    assert (settings.web.host, settings.web.port) == ("0.0.0.0", 2222)


def test_database_url_is_understood():
    assert load({"DATABASE_URL": "postgresql://x/y"}).database.url == "postgresql://x/y"


def test_lists_come_from_the_environment_as_json_or_by_commas():
    by_commas = load({"SAMESTORY_FETCH__ALLOW_NETWORKS": "10.0.0.0/8, 127.0.0.0/8"})
    as_json = load({"SAMESTORY_FETCH__ALLOW_NETWORKS": '["10.0.0.0/8","127.0.0.0/8"]'})
    assert by_commas.fetch.allow_networks == as_json.fetch.allow_networks


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"SAMESTORY_WEB__PROT": "1"}, r"unknown setting web\.prot; did you mean port\?"),
        ({"SAMESTORY_WBE__PORT": "1"}, r"unknown settings section \[wbe\]; did you mean web\?"),
        ({"SAMESTORY_PORT": "1"}, r"did you mean SAMESTORY_WEB__PORT\?"),
        ({"SAMESTORY_WEB__PORT": "many"}, r"web\.port = 'many': .*integer"),
        ({"SAMESTORY_FETCH__ALLOW_NETWORKS": "[1,"}, "expected a JSON list"),
        ({"SAMESTORY_CONFIG": "/does/not/exist.toml"}, r"/does/not/exist\.toml"),
    ],
)
def test_a_wrong_setting_is_named_with_the_remedy(environ: dict[str, str], message: str):
    with pytest.raises(SettingsError, match=message):
        load(environ)


def test_a_section_that_is_no_table_is_refused(tmp_path: Path):
    own = tmp_path / "own.toml"
    own.write_text("web = 3\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="must be a table"):
        load({"SAMESTORY_CONFIG": str(own)})


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path):
    own = tmp_path / "own.toml"
    own.write_bytes(b"\xff\xfe[web")
    with pytest.raises(SettingsError, match=r"own\.toml"):
        load({"SAMESTORY_CONFIG": str(own)})


def test_an_unknown_profile_is_refused():
    with pytest.raises(SettingsError, match=r"unknown profile 'englsh'; did you mean english\?"):
        load({}, profile="englsh")


def test_a_name_like_no_other_gets_the_list():
    assert nearest("zzz", ["host", "port"]) == "valid names: host, port"


def test_a_profile_changes_what_belongs_together():
    usual, many = load({}), load({}, profile="multilingual")
    assert load({"SAMESTORY_PROFILE": "multilingual"}) == many
    assert load({"SAMESTORY_PROFILE": "multilingual"}, profile="english") == usual
    assert usual.embed.languages == ("en",)
    assert {"ar", "fa", "ru", "tr", "zh"} < set(many.embed.languages)
    assert usual.pairs.path != many.pairs.path
    assert usual.pairs.path.is_file()
    assert many.pairs.path.is_file()


def test_the_environment_wins_over_a_profile():
    settings = load({"SAMESTORY_EMBED__MODEL": "some/folder"}, profile="multilingual")
    assert (settings.embed.model, settings.embed.prefix) == ("some/folder", "query: ")
