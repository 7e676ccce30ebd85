"""What the commands of `samestory stories` are called with."""

from datetime import datetime
from typing import Annotated

import typer

from service.commands.running.times import parse_time
from service.domain.editing.effects import MAX_ID
from service.errors import NotFoundError


def word(text: str) -> str:
    """An id as typed; NotFoundError for what none can be."""
    if not text.isascii() or not text.isprintable():
        raise NotFoundError("story", ascii(text))
    return text


def instant(text: str) -> datetime | None:
    """A moment as typed; None if nothing was."""
    return parse_time(text) if text else None


Story = Annotated[
    str, typer.Argument(metavar="STORY", parser=word, help="Id of a story, merged or not.")
]
Stories = Annotated[
    list[str],
    typer.Argument(metavar="STORY…", parser=word, help="Ids that lead to it from now on."),
]
Article = Annotated[
    int, typer.Argument(metavar="ARTICLE", min=1, max=MAX_ID, help="Id of an article.")
]
Articles = Annotated[
    list[int],
    typer.Argument(metavar="ARTICLE…", min=1, max=MAX_ID, help="Ids of those that leave."),
]
What = Annotated[
    str, typer.Argument(metavar="WHAT", parser=word, help="Id of a story or of an article.")
]
Number = Annotated[
    int, typer.Argument(metavar="DECISION", min=1, max=MAX_ID, help="Number of a decision.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsOf = Annotated[str, typer.Option(help="As it stood at this moment, ISO 8601.")]
By = Annotated[str, typer.Option(help="Who decides; by default the user of this system.")]
Why = Annotated[str, typer.Option(help="The reason, for whoever asks later.")]
