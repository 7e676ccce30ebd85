"""`/desk/stories/ID`: merge, split, move, pin, hide, rename, lock and types, with a reason."""

from collections.abc import Callable, Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from service.domain.articles.type_names import parse_type
from service.domain.editing.effects import clean_headline
from service.domain.field_types import ShortText
from service.errors import BadInputError, DecisionConflictError, NotFoundError
from service.store.access.browser_sessions import BrowserSession
from service.store.editing import actions, audit_log
from service.store.editing.actions import EditorAction
from service.store.story_views.views import get_story as get_view
from service.store.story_views.views import list_storyline_stories
from service.web.api.editing.decisions import editor_action
from service.web.dependencies import ReadSession, WebContext, WebContextDep
from service.web.desk.fields import parse_story
from service.web.desk.sections import name_decisions, render_conflict, render_desk
from service.web.people.forms import Form, PostedForm
from service.web.people.pages import Editor, see_other

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

StoryId = Annotated[ShortText, Path()]
Act = Callable[[Session, EditorAction, str, Form], None]


def desk_path(story_id: str) -> str:
    """Path of the page that edits a story."""
    return f"/desk/stories/{quote(story_id, safe='')}"


@router.get("/desk/stories/{story_id}", response_model=None)
def story_page(
    session: ReadSession, web: WebContextDep, person: Editor, story_id: StoryId
) -> HTMLResponse | RedirectResponse:
    """Forms that edit a story, and its decisions; a merged story redirects to its survivor."""
    survivor = actions.resolve_story_id(session, story_id)
    if survivor != story_id:
        return see_other(desk_path(survivor))
    return _render(session, web, person, story_id)


@router.post("/desk/stories/{story_id}", response_model=None)
def edit_story(
    web: WebContextDep, person: Editor, form: PostedForm, story_id: StoryId
) -> HTMLResponse | RedirectResponse:
    """Make the decision of the pressed button, in one transaction."""
    act = ACTS.get(form.text("action"))
    if act is None:
        raise BadInputError(f"Invalid action: expected {', '.join(ACTS)}")
    try:
        with web.sessions.begin() as session:
            act(session, editor_action(web, person.key, form.text("reason")), story_id, form)
    except DecisionConflictError as error:
        return render_conflict(web, person, error, desk_path(story_id))
    except (BadInputError, NotFoundError) as error:
        with web.sessions() as session:
            survivor = actions.resolve_story_id(session, story_id)  # raises if the page is missing
            return _render(session, web, person, survivor, error=str(error), form=form)
    return see_other(desk_path(story_id))


def _render(
    session: Session,
    web: WebContext,
    person: BrowserSession,
    story_id: str,
    *,
    error: str = "",
    form: Form | None = None,
) -> HTMLResponse:
    try:
        detail = get_view(session, story_id)
    except NotFoundError:  # hidden
        detail = None
    line = detail.story.storyline if detail else None
    siblings = list_storyline_stories(session, line.id) if line else ()
    decisions = audit_log.list_decisions(session, include_undone=True, story_id=story_id)[::-1]
    return render_desk(
        web,
        person,
        "/desk",
        "story.html",
        status=422 if error else 200,
        error=error,
        form=form,
        story_id=story_id,
        story=detail.story if detail else None,
        members=detail.members if detail else (),
        siblings=[each for each in siblings if each.id != story_id],
        active={each.action for each in decisions if not each.undone_at and not each.article_ids},
        decisions=decisions,
        **name_decisions(session, decisions),
    )


def _one_article(form: Form) -> int:
    ids = form.ids("article")
    if len(ids) != 1:
        raise BadInputError(f"{len(ids)} articles selected: select one")
    return ids[0]


def _articles(form: Form) -> Sequence[int]:
    if not (ids := form.ids("article")):
        raise BadInputError("No article selected: select at least one")
    return ids


def _mark(session: Session, action: EditorAction, story: str, form: Form) -> None:
    actions.mark_story(session, action, form.text("action"), story)


def _rename(session: Session, action: EditorAction, story: str, form: Form) -> None:
    headline = clean_headline(form.text("headline"))
    actions.mark_story(session, action, "rename", story, value=headline)


def _merge(session: Session, action: EditorAction, story: str, form: Form) -> None:
    actions.merge(session, action, [story, parse_story(form.text("other"))])


def _split(session: Session, action: EditorAction, story: str, form: Form) -> None:
    actions.split(session, action, story, _articles(form))


def _move(session: Session, action: EditorAction, _: str, form: Form) -> None:
    target = parse_story(form.text("target"))
    for article in _articles(form):
        actions.move(session, action, article, target)


def _pin_article(session: Session, action: EditorAction, _: str, form: Form) -> None:
    actions.pin_article(session, action, _one_article(form))


def _hide_articles(session: Session, action: EditorAction, _: str, form: Form) -> None:
    for article in _articles(form):
        actions.hide_article(session, action, article)


def _set_types(session: Session, action: EditorAction, _: str, form: Form) -> None:
    corrected = parse_type(form.text("type"))
    for article in _articles(form):
        actions.set_type(session, action, article, corrected)


#: Function of each button.
ACTS: dict[str, Act] = {
    "pin": _mark, "hide": _mark, "lock": _mark, "rename": _rename, "merge": _merge,
    "split": _split, "move": _move, "pin_article": _pin_article,
    "hide_articles": _hide_articles, "set_types": _set_types,
}  # fmt: skip
