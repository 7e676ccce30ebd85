"""Reference pages of settings, commands and API, generated from the code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from service.cli import build
from service.settings.paths import CONFIG_DIR

_TABLE = re.compile(r"^\[(.+)\]$")
_SETTING = re.compile(r"^(\w+) = (.*)$")


def settings_page() -> str:
    """List each setting of `config/defaults.toml` with its default value and its comment."""
    lines = ["# Settings", "", "See [Operations](../operations.md#settings) for the sources.", ""]
    comment: list[str] = []
    for line in (CONFIG_DIR / "defaults.toml").read_text("utf-8").splitlines():
        if table := _TABLE.match(line):
            lines += ["", f"## `[{table[1]}]`", "", *_paragraph(comment)]
            comment = []
        elif setting := _SETTING.match(line):
            lines += [f"`{setting[1]}` = `{setting[2]}`", "", f":   {' '.join(comment)}", ""]
            comment = []
        elif line.startswith("#"):
            comment.append(line.removeprefix("#").strip())
        elif not line:
            comment = []
    return "\n".join(lines) + "\n"


def _paragraph(comment: list[str]) -> list[str]:
    return [" ".join(comment), ""] if comment else []


def commands() -> Iterator[tuple[str, Any]]:
    """All commands with their full names, such as `samestory feeds add`."""
    return _walk("samestory", get_command(build([])))


def _walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    for child, each in getattr(command, "commands", {}).items():
        yield from _walk(f"{name} {child}", each)


def commands_page() -> str:
    """List each command with its help, arguments and options."""
    lines = ["# Commands", "", "`samestory COMMAND --help` shows the same.", ""]
    for name, command in commands():
        depth = min(len(name.split()), 3)
        lines += [f"{'#' * depth}# `{name}`", "", command.help or "", ""]
        for parameter in command.params:
            if parameter.name != "help":
                lines += [f"`{_usage(parameter)}`", "", f":   {_help(parameter)}", ""]
    return "\n".join(lines) + "\n"


def _usage(parameter: Any) -> str:
    names = ", ".join((*parameter.opts, *parameter.secondary_opts))
    if parameter.param_type_name == "argument":
        return (parameter.metavar or str(parameter.name)).upper()
    value = parameter.metavar or str(parameter.name).upper()
    return names if getattr(parameter, "is_flag", False) else f"{names} {value}"


def _help(parameter: Any) -> str:
    return getattr(parameter, "help", None) or "…"


def api_page(document: dict[str, Any]) -> str:
    """List each route of an OpenAPI document, by tag."""
    lines = ["# API reference", "", document["info"]["description"], ""]
    for tag in document["tags"]:
        lines += [f"## {tag['name'].capitalize()}", "", tag["description"], ""]
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if operation["tags"][0] == tag["name"]:
                    lines += _route(method.upper(), path, operation)
    return "\n".join(lines) + "\n"


def _route(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield from (f"### {method} `{path}`", "", f"**{operation['summary']}**", "")
    yield from (operation.get("description", ""), "")
    if parameters := operation.get("parameters"):
        yield from ("| parameter | in | meaning |", "| --- | --- | --- |")
        yield from map(_parameter, parameters)
        yield ""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        yield from _example("Request body", media)
    yield from ("| status | response |", "| --- | --- |")
    for status, response in sorted(operation["responses"].items()):
        yield f"| {status} | {_cell(response['description'])} |"
    yield ""
    success = next(each for status, each in sorted(operation["responses"].items()) if status < "4")
    for media in success.get("content", {}).values():
        yield from _example("Response", media)


def _parameter(each: dict[str, Any]) -> str:
    text = each.get("description") or each["schema"].get("description", "")
    required = " (required)" if each.get("required") else ""
    return f"| `{each['name']}`{required} | {each['in']} | {_cell(text)} |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())


def _example(title: str, media: dict[str, Any]) -> Iterator[str]:
    if isinstance(media.get("example"), dict | list):
        text = json.dumps(media["example"], indent=2, ensure_ascii=False)
        yield from (f'??? example "{title}"', "", "    ```json")
        yield from (f"    {line}" for line in text.splitlines())
        yield from ("    ```", "")


def pages(document: dict[str, Any]) -> dict[str, str]:
    """Generated pages by path below `docs/`."""
    return {
        "reference/settings.md": settings_page(),
        "reference/commands.md": commands_page(),
        "reference/api.md": api_page(document),
    }


def write(folder: Path, document: dict[str, Any]) -> None:
    """Write the pages below a folder."""
    for path, text in pages(document).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
