"""schemathesis asks what the API's description allows and what it forbids, for a bounded time."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.site import Site, serving_world
from tests.support.texts import MEETING, SAGA

#: What must hold of every answer, whatever was asked.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the made-up world, which nobody changes."""
    with serving_world(new_database()) as running:
        yield running


@pytest.mark.slow
def test_no_request_meets_an_answer_that_the_description_does_not_know(
    world: Site, tmp_path: Path
) -> None:
    known = {"story_id": MEETING, "storyline_id": SAGA, "slug": "harbour"}
    lines = [f'"path.{name}" = "{value}"' for name, value in known.items()]
    (tmp_path / "schemathesis.toml").write_text("\n".join(["[parameters]", *lines]))
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{world.url}/openapi.json",
        f"--checks={','.join(CHECKS)}",
        "--phases=examples,coverage,fuzzing",
        "--max-examples=15",
        "--max-time=20",
        "--generation-deterministic",
        "--no-color",
        "--exclude-path=/v1/changes/stream",  # it would wait for more
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
