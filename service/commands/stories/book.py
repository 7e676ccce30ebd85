"""The book of decisions on a terminal, and what they teach as a file."""

import json
from typing import Annotated

import typer

from service import jsonl
from service.commands.stories import told
from service.commands.stories.arguments import AsJson
from service.commands.world import open_world
from service.store import decisions, editing, teaching


def list_decisions(
    *,
    story: Annotated[str, typer.Option(help="Only those that concern this story.")] = "",
    all_of_them: Annotated[bool, typer.Option("--all", help="Those undone, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """What editors decided: who, when and why; oldest first."""
    with open_world() as context, context.sessions.begin() as session:
        about = editing.living(session, story) if story else None
        found = decisions.listed(session, all_of_them=all_of_them, story_id=about)
    if as_json:
        print(json.dumps([told.facts(each) for each in found], ensure_ascii=False))
    else:
        print("\n".join(map(told.decision, found)) or "no decisions")


def export(
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to; - for the screen.")
    ],
) -> None:
    """Write the articles that editors decided about, labelled, for `evaluate` and `train`."""
    jsonl.require_writable(output)
    with open_world() as context, context.sessions.begin() as session:
        lines = teaching.labelled(session)
    jsonl.write_lines(output, lines)
    if output != jsonl.STANDARD:
        print(f"{len(lines)} articles that editors decided about")
