"""An editor's decisions, from the command line; `service/web/api/decisions.py` takes them, too."""

import json
import os
import pwd
from collections.abc import Callable
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from service.commands.running.wiring import open_context
from service.commands.stories import render
from service.commands.stories.arguments import (
    Article,
    Articles,
    AsJson,
    By,
    Number,
    Stories,
    Story,
    What,
    Why,
)
from service.domain.editing.effects import MAX_ID, MAX_NAME_LENGTH, MAX_REASON_LENGTH, clean_headline, clean_line
from service.errors import NotFoundError
from service.store.editing import actions
from service.store.editing.actions import EditorAction
from service.store.editing.audit_log import Decision
from service.store.editing.undo import undo


def merge(
    story: Story, others: Stories, *, by: By = "", why: Why = "", as_json: AsJson = False
) -> None:
    """Let stories be one: their articles stay together, their ids lead to the first."""
    ids = [story, *others]
    _decide(lambda session, act: actions.merge(session, act, ids), by, why, as_json=as_json)


def split(
    story: Story, articles: Articles, *, by: By = "", why: Why = "", as_json: AsJson = False
) -> None:
    """Let articles leave a story for one of their own, and never join those they left."""

    def act_on(session: Session, act: EditorAction) -> Decision:
        return actions.split(session, act, story, articles)

    _decide(act_on, by, why, as_json=as_json)


def move(
    article: Article, story: Story, *, by: By = "", why: Why = "", as_json: AsJson = False
) -> None:
    """Let an article leave its story for another one."""

    def act_on(session: Session, act: EditorAction) -> Decision:
        return actions.move(session, act, article, story)

    _decide(act_on, by, why, as_json=as_json)


def pin(what: What, *, by: By = "", why: Why = "", as_json: AsJson = False) -> None:
    """Let a story lead the list, or an article's title be its story's headline."""
    _decide_about(what, "pin", actions.pin_article, by, why, as_json=as_json)


def hide(what: What, *, by: By = "", why: Why = "", as_json: AsJson = False) -> None:
    """Show a story nowhere, though it goes on, or let an article belong to no story."""
    _decide_about(what, "hide", actions.hide_article, by, why, as_json=as_json)


def rename(
    story: Story,
    headline: Annotated[str, typer.Argument(help="The headline from now on.")],
    *,
    by: By = "",
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Give a story a headline of your own."""
    value = clean_headline(headline)

    def act_on(session: Session, act: EditorAction) -> Decision:
        return actions.mark_story(session, act, "rename", story, value=value)

    _decide(act_on, by, why, as_json=as_json)


def lock(story: Story, *, by: By = "", why: Why = "", as_json: AsJson = False) -> None:
    """Freeze a story: no article joins or leaves it until that is undone."""

    def act_on(session: Session, act: EditorAction) -> Decision:
        return actions.mark_story(session, act, "lock", story)

    _decide(act_on, by, why, as_json=as_json)


def undo_decision(decision: Number, *, by: By = "", why: Why = "", as_json: AsJson = False) -> None:
    """Let a decision stand no longer; articles it moved go back unless others hold them."""
    _decide(lambda session, act: undo(session, act, decision), by, why, as_json=as_json)


def _decide_about(
    what: str,
    action: str,
    of_article: Callable[[Session, EditorAction, int], Decision],
    by: str,
    why: str,
    *,
    as_json: bool,
) -> None:
    def decide(session: Session, act: EditorAction) -> Decision:
        try:
            return actions.mark_story(session, act, action, what)
        except NotFoundError:
            if not what.isdecimal() or int(what) > MAX_ID:
                raise
            return of_article(session, act, int(what))

    _decide(decide, by, why, as_json=as_json)


def _decide(act: Callable[[Session, EditorAction], Decision], by: str, why: str, *, as_json: bool) -> None:
    """Carry out a decision in one transaction, and say what it was."""
    by = clean_line("name", by, MAX_NAME_LENGTH) or pwd.getpwuid(os.getuid()).pw_name
    why = clean_line("reason", why, MAX_REASON_LENGTH)
    with open_context() as context, context.sessions.begin() as session:
        now = context.clock()
        decision = act(session, EditorAction(by, why, now, context.settings.lifecycle.quiet_since(now)))
    if as_json:
        print(json.dumps(render.facts(decision), ensure_ascii=False))
    else:
        print(render.decision(decision))
