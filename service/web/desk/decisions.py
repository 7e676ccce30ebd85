"""`/desk/decisions`: the audit log, and undo."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse

from service.domain.editing.effects import MAX_NAME_LENGTH
from service.errors import BadInputError, DecisionConflictError
from service.store.editing import audit_log
from service.store.editing.undo import undo
from service.web.api.editing.decisions import Number, editor_action
from service.web.dependencies import ReadSession, WebContextDep
from service.web.desk.fields import local_path
from service.web.desk.sections import name_decisions, render_conflict, render_desk
from service.web.people.forms import PostedForm
from service.web.people.pages import Editor, see_other
from service.web.rendering.links import with_query
from service.web.requests.parameters.types import BigInt

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

PATH = "/desk/decisions"
LIMIT = 50


@router.get(PATH)
def decisions_page(
    session: ReadSession,
    web: WebContextDep,
    person: Editor,
    *,
    editor: Annotated[str, Query(max_length=MAX_NAME_LENGTH)] = "",
    active: bool = False,
    before: BigInt | None = None,
    error: bool = False,
) -> HTMLResponse:
    """All decisions, latest first, with editor, time, reason and undo."""
    latest = audit_log.list_latest(
        session, before=before, editor=editor.strip(), only_active=active, limit=LIMIT + 1
    )
    decisions, shown = latest[:LIMIT], "true" if active else "false"
    last = decisions[-1].id if len(latest) > LIMIT else 0
    return render_desk(
        web,
        person,
        PATH,
        "decisions.html",
        decisions=decisions,
        editor=editor,
        active=active,
        error=error,
        next_page_url=with_query(PATH, editor=editor, active=shown, before=str(last))
        if last
        else "",
        **name_decisions(session, decisions),
    )


@router.post(f"{PATH}/{{number}}/undo", response_model=None)
def undo_decision(
    web: WebContextDep, person: Editor, form: PostedForm, number: Number
) -> HTMLResponse | RedirectResponse:
    """Undo a decision, then return to the page of the form."""
    back = local_path(form.text("back") or PATH)
    action = editor_action(web, person.key, form.text("reason"))
    try:
        with web.sessions.begin() as session:
            undo(session, action, number)
    except DecisionConflictError as error:
        return render_conflict(web, person, error, back)
    except BadInputError:  # already undone, perhaps by a second click
        return see_other(f"{PATH}?error=true")
    return see_other(back)
