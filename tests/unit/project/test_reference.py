"""Every setting, command, option, route and error is documented; no page names others.

`test_monitoring` compares the metrics, `test_api_docs` the filters.
"""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from service.settings.load import load
from service.web.requests.problems import PROBLEM_TYPES
from tests.support.site_docs import reference
from tests.support.typescript import openapi_document

ROOT = Path(__file__).parents[3]
#: Decisions and the changelog describe earlier states.
PAGES = [
    *sorted(page for page in ROOT.glob("docs/**/*.md") if page.parent.name != "decisions"),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "service/client/README.md")),
]
TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
TEXT = "\n".join(TEXTS.values())
COMMANDS: dict[str, Any] = dict(reference.commands())
DOCUMENT = openapi_document()


def _settings() -> set[str]:
    settings = load({})
    sections = {each.name: getattr(settings, each.name) for each in fields(settings)}
    return {f"{name}.{each.name}" for name, value in sections.items() for each in fields(value)}


def test_each_setting_has_a_comment():
    entries = re.findall(r"^`(\w+)` = .*\n\n:(.*)$", reference.settings_page(), re.MULTILINE)
    # The last sections of the file belong to one profile and repeat settings.
    assert len(entries) >= len(_settings())
    assert [name for name, text in entries if not text.strip()] == []


def test_pages_name_existing_settings_only():
    sections = {name.split(".")[0] for name in _settings()}
    files = {"py", "txt", "html", "yml", "toml", "md", "jsonl", "xml"}
    #: Measured before two other settings replaced it; the page says so.
    former = {"hysteresis.log_odds"}
    for page, text in TEXTS.items():
        named = re.findall(rf"`((?:{'|'.join(sections)})\.([a-z_]+))`", text)
        assert {name for name, end in named if end not in files} <= _settings() | former, page
    variables = {
        f"SAMESTORY_{name.upper().replace('.', '__')}{suffix}"
        for name in _settings()
        for suffix in ("", "_FILE")
    }
    named = re.findall(r"\bSAMESTORY_[A-Z]+__[A-Z_]*[A-Z]\b", TEXT)
    assert set(named) <= variables


def test_each_command_and_parameter_has_help():
    for name, command in COMMANDS.items():
        assert command.help, name
        for parameter in command.params:
            assert parameter.name == "help" or parameter.help, f"{name} {parameter.name}"
            # The terminal would show such a word as a style, and omit it.
            assert not re.search(r"(?<!\\)\[/?[a-z_. ]+\]", parameter.help or ""), parameter.help
        assert not re.search(r"(?<!\\)\[/?[a-z_. ]+\]", command.help), command.help


def test_pages_name_existing_commands_and_options_only():
    calls = re.findall(
        r"(?<![\w/.])samestory (?!samestory)([a-z][a-z-]*(?: [a-z][a-z-]*)?)([^`\n|;&#]*)", _code()
    )
    assert len(calls) > 100
    for words, rest in calls:
        first, _, second = words.partition(" ")
        assert f"samestory {first}" in COMMANDS, words
        command = COMMANDS[f"samestory {first}"]
        if getattr(command, "commands", None) and second:
            assert second in command.commands, words
            command = command.commands[second]
        options = {each for parameter in command.params for each in parameter.opts}
        if not getattr(command, "commands", None):
            named = re.findall(r"(?<!\S)--[a-z-]+", rest)
            assert set(named) <= options | {"--help", "--version"}, f"{words} {rest}"


def _code() -> str:
    """All code of the pages, one piece per line."""
    blocks = re.findall(r"^```(?:bash|console)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    outside = re.sub(r"^```.*?^```", "", TEXT, flags=re.DOTALL | re.MULTILINE)
    blocks += re.findall(r"`([^`]+)`", outside)
    return "\n".join(blocks)


def test_each_route_and_parameter_is_described():
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert operation["description"], f"{method} {path}"
            for each in operation.get("parameters", ()):
                text = each.get("description") or each["schema"].get("description")
                assert text, f"{method} {path} {each['name']}"


def test_pages_name_existing_routes_only():
    paths = [re.sub(r"\{\w+\}", "[^/]+", path) for path in DOCUMENT["paths"]]
    for page, text in TEXTS.items():
        for named in re.findall(r"(?<![\w.])/v1/[\w/.{}-]*\w", text):
            parts = re.compile("|".join(paths))
            beginning = any(path.startswith(named) for path in DOCUMENT["paths"])
            assert parts.fullmatch(named) or beginning, f"{page}: {named}"


def test_problem_types_are_those_of_the_table():
    kinds = set(PROBLEM_TYPES.values())  # by status; some errors have a type of their own
    for file in (ROOT / "service" / "web").rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        kinds |= set(
            re.findall(r'(?:respond_with\(\d+, |kind=)"([a-z]+-[a-z-]+|maintenance)"', source)
        )
    table = re.findall(r"^\| `([a-z-]+)` \| \d{3} \|", TEXTS["docs/api.md"], re.MULTILINE)
    assert sorted(table) == sorted(kinds)
