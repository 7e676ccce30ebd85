"""Arguments and options shared by the commands of `samestory stories`."""

from datetime import datetime
from typing import Annotated

import typer

from service.commands.running.times import parse_time
from service.domain.editing.effects import MAX_ID
from service.errors import NotFoundError


def parse_id(text: str) -> str:
    """Return a story id; raises NotFoundError if the text is not printable ASCII."""
    if not text.isascii() or not text.isprintable():
        raise NotFoundError("story", ascii(text))
    return text


def parse_as_of(text: str) -> datetime | None:
    """Parse a timestamp; None for an empty text."""
    return parse_time(text) if text else None


Story = Annotated[
    str,
    typer.Argument(
        metavar="STORY",
        parser=parse_id,
        help="Id of a story. The id of a merged story selects the story that it was merged into.",
    ),
]
Stories = Annotated[
    list[str],
    typer.Argument(
        metavar="STORY…", parser=parse_id, help="Ids of the stories to merge into the first one."
    ),
]
Article = Annotated[
    int, typer.Argument(metavar="ARTICLE", min=1, max=MAX_ID, help="Id of an article.")
]
Articles = Annotated[
    list[int],
    typer.Argument(metavar="ARTICLE…", min=1, max=MAX_ID, help="Ids of the articles to split off."),
]
StoryOrArticle = Annotated[
    str,
    typer.Argument(metavar="STORY|ARTICLE", parser=parse_id, help="Id of a story or an article."),
]
ArticleOrUrl = Annotated[
    str, typer.Argument(metavar="ARTICLE|URL", help="Id or URL of an article.")
]
DecisionNumber = Annotated[
    int,
    typer.Argument(
        metavar="DECISION",
        min=1,
        max=MAX_ID,
        help="Id of a decision; see `samestory stories decisions`.",
    ),
]
AsOf = Annotated[
    str,
    typer.Option(
        help="Show the state at this time (ISO 8601; UTC if it has no zone). Default: now."
    ),
]
EditorOption = Annotated[
    str,
    typer.Option(
        help="Name of the editor for the audit log. Default: the user that runs the command."
    ),
]
ReasonOption = Annotated[str, typer.Option(help="Reason for the audit log.")]
