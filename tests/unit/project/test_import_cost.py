"""Importing the settings loads few modules."""

import subprocess
import sys

import pytest

#: Generous limit; numpy, SQLAlchemy or pydantic alone exceed it.
MAX_MODULES = 250


@pytest.mark.parametrize("module", ["service.settings", "service.settings.load", "service.cli"])
def test_import_loads_no_heavy_package(module: str):
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"numpy", "scipy", "torch", "sqlalchemy", "fastapi", "pydantic"}
    assert module == "service.cli" or len(loaded) < MAX_MODULES
