"""TypeScript types of the API: generated from the OpenAPI document and compiled with a program.

`python -m tests.support.typescript FOLDER` writes the document and the types to a folder.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from service.store.database import schema
from service.store.database.sessions import make_sessions
from service.web.app import create_app
from tests.support.database.rows import NOW

PACKAGE = Path(__file__).parents[2] / "service" / "client" / "typescript"
#: Seconds for each of the two programs.
TIMEOUT = 120


def missing_tool() -> str:
    """What is missing to generate types, with the remedy; "" if nothing is."""
    if shutil.which("node") is None:
        return "Node.js is not installed"
    if not (PACKAGE / "node_modules").is_dir():
        return "the packages of service/client/typescript are not installed: run `make typescript`"
    return ""


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of the service; nothing connects to the database."""
    sessions = make_sessions(schema.make_engine("postgresql+psycopg://127.0.0.1:1/none"))
    return create_app(sessions, clock=lambda: NOW).openapi()


def generate(folder: Path) -> Path:
    """Write the OpenAPI document and its types to a folder; return the file with the types."""
    document, types = folder / "openapi.json", folder / "samestory.d.ts"
    folder.mkdir(parents=True, exist_ok=True)
    document.write_text(json.dumps(openapi_document()))
    _run("openapi-typescript", str(document), "-o", str(types))
    return types


def compile_with(types: Path, program: Path) -> str:
    """Compile a program with the types in strict mode; return the errors, "" if there are none."""
    copy = types.parent / program.name
    shutil.copyfile(program, copy)
    options = ("--strict", "--noEmit", "--skipLibCheck", "false", "--target", "es2022")
    return _run("tsc", *options, "--lib", "es2022,dom", str(copy), check=False)


def _run(tool: str, *arguments: str, check: bool = True) -> str:
    """The output of an installed tool if it fails; "" if it succeeds."""
    command = ["node", str(PACKAGE / "node_modules" / ".bin" / tool), *arguments]
    done = subprocess.run(  # our own arguments
        command, capture_output=True, text=True, timeout=TIMEOUT, check=check
    )
    return done.stdout if done.returncode else ""


if __name__ == "__main__":
    sys.stdout.write(f"Wrote {generate(Path(sys.argv[1]))}\n")
