"""Files for the forge: the workflow covers supported versions; hooks equal `make check`."""

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
SUPPORT = (ROOT / "docs" / "support.md").read_text(encoding="utf-8")


def _load(path: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    return content


JOBS = _load(".github/workflows/ci.yml")["jobs"]


def _supported(part: str) -> list[str]:
    """The versions in the row of a part."""
    [row] = re.findall(rf"^\| {part} \| ([\d., ]+)", SUPPORT, re.MULTILINE)
    return re.findall(r"[\d.]*\d", row)


def test_workflow_tests_each_supported_version():
    assert JOBS["test"]["strategy"]["matrix"]["python"] == _supported("Python")
    assert JOBS["postgres"]["strategy"]["matrix"]["postgres"] == _supported("Postgres")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={_supported('Python')[0]}"


def test_actions_are_pinned_and_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for name, job in JOBS.items():
        assert job["timeout-minutes"], name
        for step in job["steps"]:
            assert re.search(r"@[0-9a-f]{40}$", step.get("uses", "@" + "0" * 40)), step
            for target in re.findall(r"make ([a-z-]+)", step.get("run", "")):
                assert target in targets


def test_hooks_are_the_commands_of_the_check():
    [repository] = _load(".pre-commit-config.yaml")["repos"]
    hooks = {hook["entry"].removesuffix(" --force-exclude") for hook in repository["hooks"]}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [checks] = re.findall(r"^check: (.*)$", makefile, re.MULTILINE)
    commands = set()
    for target in checks.split():
        [recipe] = re.findall(rf"^{target}: .*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
        commands |= {line.strip() for line in recipe.splitlines()}
    plain = {re.sub(r"\$\(BIN\)/| --check| \.$", "", line) for line in commands}
    assert {hook.removeprefix(".venv/bin/") for hook in hooks} == plain
