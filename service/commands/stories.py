"""`samestory stories`: look at stories, and decide about them as an editor."""

import json
import os
import pwd
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from jobs.context import Context
from service import jsonl
from service.commands import told
from service.commands.demo.samples import parse_moment
from service.commands.world import open_world
from service.errors import BadInputError, NotFoundError
from service.store import decisions, editing, teaching
from service.store.decisions import Decision
from service.store.editing import Act
from service.store.reading import history
from service.store.reading import stories as reading
from service.store.reading.selection import Sort, StoryFilter
from service.store.undoing import undo
from service.web.api.stories import in_full
from service.web.schemas import PageOut, StoryOut

app = typer.Typer(help="Stories: list, show, and decide as an editor.", no_args_is_help=True)

#: The largest number that an id can be.
MOST = (1 << 63) - 1


def _word(text: str) -> str:
    """An id as typed; NotFoundError for what none can be."""
    if not text.isascii() or not text.isprintable():
        raise NotFoundError("story", ascii(text))
    return text


Story = Annotated[
    str, typer.Argument(metavar="STORY", parser=_word, help="Id of a story, merged or not.")
]
Stories = Annotated[
    list[str],
    typer.Argument(metavar="STORY…", parser=_word, help="Ids that lead to it from now on."),
]
Article = Annotated[
    int, typer.Argument(metavar="ARTICLE", min=1, max=MOST, help="Id of an article.")
]
Articles = Annotated[
    list[int],
    typer.Argument(metavar="ARTICLE…", min=1, max=MOST, help="Ids of those that leave."),
]
What = Annotated[
    str, typer.Argument(metavar="WHAT", parser=_word, help="Id of a story or of an article.")
]
Number = Annotated[
    int, typer.Argument(metavar="DECISION", min=1, max=MOST, help="Number of a decision.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsOf = Annotated[str, typer.Option(help="As it stood at this moment, ISO 8601.")]
By = Annotated[str, typer.Option(help="Who decides; by default the user of this system.")]
Why = Annotated[str, typer.Option(help="The reason, for whoever asks later.")]

#: Longest name, reason and headline that are taken.
NAME, TEXT = 100, 400


@app.command("list")
def list_stories(
    *,
    sort: Annotated[Sort, typer.Option(help="The order.")] = Sort.RANK,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_of: AsOf = "",
    explain: Annotated[bool, typer.Option("--explain", help="What each one's rank is of.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stories, now or as they stood; JSON is that of `/v1/stories`."""
    instant = _instant(as_of)
    with open_world() as context, context.sessions.begin() as session:
        page = reading.list_stories(session, StoryFilter(), sort=sort, limit=limit, as_of=instant)
        now = instant or context.clock()
    if as_json:
        items = [StoryOut.of(story) for story in page.items]
        print(PageOut(items=items, next=None).model_dump_json(by_alias=True))
    else:
        lines = [told.line(each, now if explain else None) for each in page.items]
        print("\n".join(lines) or "no stories")


@app.command()
def show(story: Story, *, as_of: AsOf = "", as_json: AsJson = False) -> None:
    """One story with its articles and history; JSON is that of `/v1/stories/ID`."""
    instant = _instant(as_of)
    with open_world() as context, context.sessions.begin() as session:
        detail = reading.get_story(session, story, as_of=instant)
        if detail.story.state == "merged":
            story = history.survivor_of(session, story, as_of=instant)
            detail = reading.get_story(session, story, as_of=instant)
        found = in_full(session, detail, as_of=instant)
    print(found.model_dump_json(by_alias=True) if as_json else told.story(found))


@app.command()
def merge(
    story: Story,
    others: Stories,
    *,
    by: By = "",
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Let stories be one: their articles stay together, their ids lead to the first."""
    ids = [story, *others]
    _decide(lambda session, act: editing.merge(session, act, ids), by, why, as_json=as_json)


@app.command()
def split(
    story: Story,
    articles: Articles,
    *,
    by: By = "",
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Let articles leave a story for one of their own, and never join those they left."""
    _decide(
        lambda session, act: editing.split(session, act, story, articles),
        by,
        why,
        as_json=as_json,
    )


@app.command()
def move(
    article: Article, story: Story, *, by: By = "", why: Why = "", as_json: AsJson = False
) -> None:
    """Let an article leave its story for another one."""
    _decide(
        lambda session, act: editing.move(session, act, article, story), by, why, as_json=as_json
    )


@app.command()
def pin(what: What, *, by: By = "", why: Why = "", as_json: AsJson = False) -> None:
    """Let a story lead the list, or an article's title be its story's headline."""
    _decide_about(what, "pin", editing.pin_article, by, why, as_json=as_json)


@app.command()
def hide(what: What, *, by: By = "", why: Why = "", as_json: AsJson = False) -> None:
    """Show a story nowhere, though it goes on, or let an article belong to no story."""
    _decide_about(what, "hide", editing.hide_article, by, why, as_json=as_json)


@app.command()
def rename(
    story: Story,
    headline: Annotated[str, typer.Argument(help="The headline from now on.")],
    *,
    by: By = "",
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Give a story a headline of your own."""
    value = _said("headline", headline, TEXT)
    if not value:
        raise BadInputError("the headline is empty; samestory stories undo takes one back")
    _decide(
        lambda session, act: editing.mark_story(session, act, "rename", story, value=value),
        by,
        why,
        as_json=as_json,
    )


@app.command()
def lock(story: Story, *, by: By = "", why: Why = "", as_json: AsJson = False) -> None:
    """Freeze a story: no article joins or leaves it until that is undone."""
    _decide(
        lambda session, act: editing.mark_story(session, act, "lock", story),
        by,
        why,
        as_json=as_json,
    )


@app.command("decisions")
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
        print(json.dumps([_as_json(each) for each in found], ensure_ascii=False))
    else:
        print("\n".join(map(told.decision, found)) or "no decisions")


@app.command("undo")
def undo_decision(
    decision: Number,
    *,
    by: By = "",
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Let a decision stand no longer; articles it moved go back unless others hold them."""
    _decide(lambda session, act: undo(session, act, decision), by, why, as_json=as_json)


@app.command()
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


def _decide_about(
    what: str,
    action: str,
    of_article: Callable[[Session, Act, int], Decision],
    by: str,
    why: str,
    *,
    as_json: bool,
) -> None:
    def decide(session: Session, act: Act) -> Decision:
        try:
            return editing.mark_story(session, act, action, what)
        except NotFoundError:
            if not what.isdecimal() or int(what) > MOST:
                raise
            return of_article(session, act, int(what))

    _decide(decide, by, why, as_json=as_json)


def _decide(act: Callable[[Session, Act], Decision], by: str, why: str, *, as_json: bool) -> None:
    """Carry out a decision in one transaction, and say what it was."""
    by = _said("name", by, NAME) or pwd.getpwuid(os.getuid()).pw_name
    why = _said("reason", why, TEXT)
    with open_world() as context, context.sessions.begin() as session:
        decision = act(session, _act(context, by, why))
    if as_json:
        print(json.dumps(_as_json(decision), ensure_ascii=False))
    else:
        print(told.decision(decision))


def _act(context: Context, by: str, why: str) -> Act:
    now = context.clock()
    return Act(by, why, now, context.settings.life.quiet_since(now))


def _as_json(decision: Decision) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(decision).items()
    }


def _instant(text: str) -> datetime | None:
    return parse_moment(text) if text else None


def _said(what: str, text: str, limit: int) -> str:
    """An editor's words in one line; BadInputError if they are too long or hold control characters."""
    line = text.strip()
    if len(line) > limit:
        raise BadInputError(f"the {what} has {len(line)} characters; at most {limit} are taken")
    if not line.isprintable():
        raise BadInputError(f"the {what} holds a character that cannot be shown; leave it out")
    return line
