"""Commands for editors' decisions; `service.web.api.editing` offers the same over HTTP."""

import json
import os
import pwd
from collections.abc import Callable
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from service.commands.running.output import AsJson
from service.commands.running.store import open_store
from service.commands.stories import render
from service.commands.stories.arguments import (
    Article,
    ArticleOrUrl,
    Articles,
    DecisionNumber,
    EditorOption,
    ReasonOption,
    Stories,
    Story,
    StoryOrArticle,
)
from service.domain.articles.article_types import ArticleType
from service.domain.editing.effects import (
    MAX_ID,
    MAX_NAME_LENGTH,
    MAX_REASON_LENGTH,
    clean_headline,
    clean_line,
)
from service.errors import NotFoundError
from service.store.editing import actions
from service.store.editing.actions import EditorAction
from service.store.editing.audit_log import Decision
from service.store.editing.undo import undo
from service.store.identity import keys

#: Makes a decision within a transaction.
Decide = Callable[[Session, EditorAction], Decision]


def merge(
    story: Story,
    others: Stories,
    *,
    by: EditorOption = "",
    reason: ReasonOption = "",
    as_json: AsJson = False,
) -> None:
    """Merge stories into the first one. The ids of the others redirect to it."""
    ids = [story, *others]
    _decide(
        lambda session, action: actions.merge(session, action, ids), by, reason, as_json=as_json
    )


def split(
    story: Story,
    articles: Articles,
    *,
    by: EditorOption = "",
    reason: ReasonOption = "",
    as_json: AsJson = False,
) -> None:
    """Split articles off a story into a new story. Jobs keep the two sets of articles apart."""

    def decide(session: Session, action: EditorAction) -> Decision:
        return actions.split(session, action, story, articles)

    _decide(decide, by, reason, as_json=as_json)


def move(
    article: Article,
    story: Story,
    *,
    by: EditorOption = "",
    reason: ReasonOption = "",
    as_json: AsJson = False,
) -> None:
    """Move an article to another story."""

    def decide(session: Session, action: EditorAction) -> Decision:
        return actions.move(session, action, article, story)

    _decide(decide, by, reason, as_json=as_json)


def pin(
    target: StoryOrArticle,
    *,
    by: EditorOption = "",
    reason: ReasonOption = "",
    as_json: AsJson = False,
) -> None:
    """Pin a story or an article.

    Lists in the default order start with pinned stories. The title of a pinned article is the
    headline of its story.
    """
    decide = _mark_story_or_article(target, "pin", actions.pin_article)
    _decide(decide, by, reason, as_json=as_json)


def hide(
    target: StoryOrArticle,
    *,
    by: EditorOption = "",
    reason: ReasonOption = "",
    as_json: AsJson = False,
) -> None:
    """Hide a story or an article from readers.

    A hidden article leaves its story and joins no other.
    """
    decide = _mark_story_or_article(target, "hide", actions.hide_article)
    _decide(decide, by, reason, as_json=as_json)


def rename(
    story: Story,
    headline: Annotated[str, typer.Argument(help="New headline.")],
    *,
    by: EditorOption = "",
    reason: ReasonOption = "",
    as_json: AsJson = False,
) -> None:
    """Replace the headline of a story."""
    value = clean_headline(headline)

    def decide(session: Session, action: EditorAction) -> Decision:
        return actions.mark_story(session, action, "rename", story, value=value)

    _decide(decide, by, reason, as_json=as_json)


def lock(
    story: Story, *, by: EditorOption = "", reason: ReasonOption = "", as_json: AsJson = False
) -> None:
    """Lock a story: no article joins or leaves it until the decision is undone."""

    def decide(session: Session, action: EditorAction) -> Decision:
        return actions.mark_story(session, action, "lock", story)

    _decide(decide, by, reason, as_json=as_json)


def set_type(
    article: ArticleOrUrl,
    article_type: Annotated[ArticleType, typer.Argument(metavar="TYPE", help="New type.")],
    *,
    by: EditorOption = "",
    reason: ReasonOption = "",
    as_json: AsJson = False,
) -> None:
    """Correct the type of an article. The correction also applies to later revisions."""

    def decide(session: Session, action: EditorAction) -> Decision:
        return actions.set_type(session, action, _find_article(session, article), article_type)

    _decide(decide, by, reason, as_json=as_json)


def undo_decision(
    decision: DecisionNumber,
    *,
    by: EditorOption = "",
    reason: ReasonOption = "",
    as_json: AsJson = False,
) -> None:
    """Undo a decision and move its articles back.

    Articles that have moved since the decision stay where they are. The remaining articles of a
    story move back together. They stay in their current story if another active decision forbids
    the move, or if their former or current story is locked or hidden.
    """
    _decide(lambda session, action: undo(session, action, decision), by, reason, as_json=as_json)


def _mark_story_or_article(
    target: str, kind: str, mark_article: Callable[[Session, EditorAction, int], Decision]
) -> Decide:
    """Mark the story with this id, or else the article."""

    def decide(session: Session, action: EditorAction) -> Decision:
        try:
            return actions.mark_story(session, action, kind, target)
        except NotFoundError:
            if not target.isdecimal() or int(target) > MAX_ID:
                raise
            return mark_article(session, action, int(target))

    return decide


def _find_article(session: Session, text: str) -> int:
    """Return the id of an article, given the id or the URL."""
    if text.isdecimal() and int(text) <= MAX_ID:
        return int(text)
    article_id = keys.find_article(session, text)
    if article_id is None:
        raise NotFoundError("article", ascii(text))
    return article_id


def _decide(decide: Decide, by: str, reason: str, *, as_json: bool) -> None:
    """Make a decision in one transaction and print it."""
    editor = clean_line("name", by, MAX_NAME_LENGTH) or pwd.getpwuid(os.getuid()).pw_name
    reason = clean_line("reason", reason, MAX_REASON_LENGTH)
    with open_store() as store, store.sessions.begin() as session:
        now = store.clock()
        quiet_since = store.settings.lifecycle.quiet_since(now)
        decision = decide(session, EditorAction(editor, reason, now, quiet_since))
    if as_json:
        print(json.dumps(render.decision_dict(decision), ensure_ascii=False))
    else:
        print(render.format_decision(decision))
