"""Stories on a terminal: many, or one."""

from typing import Annotated

import typer

from service.commands.running.wiring import open_context
from service.commands.stories import render
from service.commands.stories.arguments import AsJson, AsOf, Story, instant
from service.store.story_views import history
from service.store.story_views import views as reading
from service.store.story_views.filters import Sort, StoryFilter
from service.web.api.stories.stories import in_full
from service.web.rendering.schemas import PageOut, StoryOut


def list_stories(
    *,
    sort: Annotated[Sort, typer.Option(help="The order.")] = Sort.RANK,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_of: AsOf = "",
    explain: Annotated[bool, typer.Option("--explain", help="What each one's rank is of.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stories, now or as they stood; JSON is that of `/v1/stories`."""
    then = instant(as_of)
    with open_context() as context, context.sessions.begin() as session:
        page = reading.list_stories(session, StoryFilter(), sort=sort, limit=limit, as_of=then)
        now = then or context.clock()
    if as_json:
        items = [StoryOut.of(story) for story in page.items]
        print(PageOut(items=items, next=None).model_dump_json(by_alias=True))
    else:
        lines = [render.line(each, now if explain else None) for each in page.items]
        print("\n".join(lines) or "no stories")


def show(story: Story, *, as_of: AsOf = "", as_json: AsJson = False) -> None:
    """One story with its articles and history; JSON is that of `/v1/stories/ID`."""
    then = instant(as_of)
    with open_context() as context, context.sessions.begin() as session:
        detail = reading.get_story(session, story, as_of=then)
        if detail.story.state == "merged":
            story = history.survivor_of(session, story, as_of=then)
            detail = reading.get_story(session, story, as_of=then)
        found = in_full(session, detail, as_of=then)
    print(found.model_dump_json(by_alias=True) if as_json else render.story(found))
