"""Commands `stories list` and `stories show`."""

from typing import Annotated

import typer

from service.commands.running.output import AsJson, print_lines
from service.commands.running.store import open_store
from service.commands.stories import render
from service.commands.stories.arguments import AsOf, Story, parse_as_of
from service.domain.queries.conditions import Query
from service.domain.stories.filters import Sort
from service.store.story_views import history, views
from service.web.api.stories.stories import detail_out
from service.web.rendering.schemas import PageOut, StoryOut


def list_stories(
    *,
    sort: Annotated[
        Sort,
        typer.Option(
            help="Order. rank: recent stories with high independent coverage first; newest: by "
            "last report; largest: by independent coverage; fastest: by new outlets per hour."
        ),
    ] = Sort.RANK,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Maximum number of stories.")] = 50,
    as_of: AsOf = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the components of each story's rank, in hours.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List stories. With --json, the output has the format of `GET /v1/stories`."""
    timestamp = parse_as_of(as_of)
    with open_store() as store, store.sessions.begin() as session:
        page = views.list_stories(session, Query(as_of=timestamp), sort=sort, limit=limit)
        now = timestamp or store.clock()
    if as_json:
        items = [StoryOut.of(story) for story in page.items]
        print(PageOut(items=items, next=None).model_dump_json(by_alias=True))
    else:
        lines = [render.format_story_line(each, now if explain else None) for each in page.items]
        print_lines(lines, empty="no stories")


def show(story: Story, *, as_of: AsOf = "", as_json: AsJson = False) -> None:
    """Show a story with its articles and history.

    With --json, the output has the format of `GET /v1/stories/ID`.
    """
    timestamp = parse_as_of(as_of)
    with open_store() as store, store.sessions.begin() as session:
        detail = views.get_story(session, story, as_of=timestamp)
        if detail.story.state == "merged":
            story = history.find_survivor(session, story, as_of=timestamp)
            detail = views.get_story(session, story, as_of=timestamp)
        out = detail_out(session, detail, as_of=timestamp)
    print(out.model_dump_json(by_alias=True) if as_json else render.format_story_detail(out))
