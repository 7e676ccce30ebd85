"""Commands `stories decisions` and `stories export`: audit log and labelled articles."""

import json
from typing import Annotated

import typer

from service.commands.running.output import AsJson, print_lines
from service.commands.running.store import open_store
from service.commands.stories import render
from service.store.editing import actions, audit_log, training_labels


def list_decisions(
    *,
    story: Annotated[str, typer.Option(help="Id of a story; list only decisions about it.")] = "",
    include_undone: Annotated[
        bool, typer.Option("--all", help="Include undone decisions.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the decisions of editors with editor, time and reason, oldest first."""
    with open_store() as store, store.sessions.begin() as session:
        story_id = actions.resolve_story_id(session, story) if story else None
        listed = audit_log.list_decisions(session, include_undone=include_undone, story_id=story_id)
    if as_json:
        print(json.dumps([render.decision_dict(each) for each in listed], ensure_ascii=False))
    else:
        print_lines(map(render.format_decision, listed), empty="no decisions")


def export(
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help="Output file; - for standard output."),
    ],
) -> None:
    """Write the articles that editors joined or separated, and those of locked stories.

    The label of each article is its current story. Use the file with `samestory evaluate` and
    `samestory train`.
    """
    # Reading articles needs SciPy, which takes longer to import than most commands to run.
    from service.commands.research import jsonl  # noqa: PLC0415

    jsonl.require_writable(output)
    with open_store() as store, store.sessions.begin() as session:
        lines = training_labels.load_labelled_articles(session)
    jsonl.write_lines(output, lines)
    if output != jsonl.STDIO:
        print(f"exported {len(lines)} labelled articles")
