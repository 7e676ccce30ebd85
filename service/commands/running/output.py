"""Option and output shared by commands that list or show something."""

from collections.abc import Iterable
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_lines(lines: Iterable[str], *, empty: str) -> None:
    """Print the lines of a list; if there are none, print `empty`, such as "no keys"."""
    print("\n".join(lines) or empty)
