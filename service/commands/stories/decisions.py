"""The book of decisions on a terminal, and what they teach as a file."""

import json
from typing import Annotated

import typer

from service.commands.research import jsonl
from service.commands.running.wiring import open_context
from service.commands.stories import render
from service.commands.stories.arguments import AsJson
from service.store.editing import actions, audit_log, training_labels


def list_decisions(
    *,
    story: Annotated[str, typer.Option(help="Only those that concern this story.")] = "",
    all_of_them: Annotated[bool, typer.Option("--all", help="Those undone, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """What editors decided: who, when and why; oldest first."""
    with open_context() as context, context.sessions.begin() as session:
        about = actions.resolve_story_id(session, story) if story else None
        found = audit_log.list_decisions(session, all_of_them=all_of_them, story_id=about)
    if as_json:
        print(json.dumps([render.facts(each) for each in found], ensure_ascii=False))
    else:
        print("\n".join(map(render.decision, found)) or "no decisions")


def export(
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to; - for the screen.")
    ],
) -> None:
    """Write the articles that editors decided about, labelled, for `evaluate` and `train`."""
    jsonl.require_writable(output)
    with open_context() as context, context.sessions.begin() as session:
        lines = training_labels.labelled_articles(session)
    jsonl.write_lines(output, lines)
    if output != jsonl.STANDARD:
        print(f"{len(lines)} articles that editors decided about")
