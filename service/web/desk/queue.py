"""`/desk`: the queue of questions, answered one by one."""

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from service.domain.articles.article_types import ArticleType
from service.domain.articles.type_names import parse_type
from service.errors import BadInputError, DecisionConflictError, NotFoundError
from service.store.editing import actions, audit_log, questions
from service.store.editing.actions import EditorAction
from service.store.editing.audit_log import Decision
from service.web.api.editing.decisions import editor_action
from service.web.dependencies import ReadSession, WebContextDep
from service.web.desk.questions import KINDS, Kind, Queue, load_queue, load_shown
from service.web.desk.sections import name_decisions, render_conflict, render_desk
from service.web.people.forms import Form, PostedForm
from service.web.people.pages import Editor, see_other
from service.web.requests.parameters.types import BigInt

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: Maximum length of the subject of a question: two ids of stories, and a hash.
MAX_SUBJECT = 500
#: Reason of a decision without one in the form, by kind of the question.
REASONS = {kind: f"Desk: {name.lower()}" for kind, name in KINDS.items()}


@router.get("/desk")
def queue_page(
    session: ReadSession,
    web: WebContextDep,
    person: Editor,
    kind: str = "",
    *,
    skip: BigInt = 0,
    decision: BigInt = 0,
    review: BigInt = 0,
    stale: bool = False,
) -> HTMLResponse:
    """The next question of a kind; by default, of the first kind that has questions."""
    queue = load_queue(session, now=web.clock())
    shown_kind = _choose_kind(queue, kind)
    remaining = queue[shown_kind]
    position = min(skip, len(remaining))
    shown = None
    for question in remaining[position:]:
        if shown := load_shown(session, question):
            break
        position += 1
    made = audit_log.get(session, decision) if decision else None
    return render_desk(
        web,
        person,
        "/desk",
        "queue.html",
        kinds=KINDS,
        counts={each: len(listed) for each, listed in queue.items()},
        kind=shown_kind,
        question=remaining[position] if shown else None,
        shown=shown,
        position=position,
        made=made,
        review=review,
        stale=stale,
        **name_decisions(session, [made] if made else []),
    )


@router.post("/desk/answers", response_model=None)
def answer(web: WebContextDep, person: Editor, form: PostedForm) -> HTMLResponse | RedirectResponse:
    """Make a decision or leave everything as it is; then show the next question."""
    kind = _parse_kind(form.text("kind"))
    page = f"/desk?kind={kind}&skip={form.id('skip') if form.text('skip') not in {'', '0'} else 0}"
    action = editor_action(web, person.key, form.text("reason") or REASONS[kind])
    decide = DECIDE.get((kind, form.text("answer")))
    if decide is None and kind == "type":
        raise BadInputError("Invalid answer: choose a type")
    subject = form.text("subject")
    if decide is None and not 0 < len(subject) <= MAX_SUBJECT:
        raise BadInputError("Invalid subject: expected that of a question")
    try:
        with web.sessions.begin() as session:
            if decide is not None:
                return see_other(f"{page}&decision={decide(session, action, form).id}")
            number = questions.add_review(
                session, kind, subject, editor=action.editor, now=action.now
            )
            return see_other(f"{page}&review={number}")
    except DecisionConflictError as error:
        return render_conflict(web, person, error, page)
    except (NotFoundError, BadInputError):
        # The articles have moved since the page was shown, so the question no longer applies.
        return see_other(f"{page}&stale=true")


@router.post("/desk/reviews/undo", response_model=None)
def undo_review(web: WebContextDep, _: Editor, form: PostedForm) -> RedirectResponse:
    """Remove a review, so that its question returns."""
    with web.sessions.begin() as session:
        questions.remove_review(session, form.id("review"))
    return see_other("/desk")


def _parse_kind(text: str) -> Kind:
    for kind in KINDS:
        if kind == text:
            return kind
    raise BadInputError(f"Invalid kind {text[:40]!r}: expected {', '.join(KINDS)}")


def _choose_kind(queue: Queue, text: str) -> Kind:
    if any(kind == text and listed for kind, listed in queue.items()):
        return _parse_kind(text)
    return next((kind for kind, listed in queue.items() if listed), "membership")


def _move(session: Session, action: EditorAction, form: Form) -> Decision:
    return actions.move(session, action, form.id("article"), form.text("target"))


def _split(session: Session, action: EditorAction, form: Form) -> Decision:
    return actions.split(session, action, form.text("story"), form.ids("article"))


def _merge(session: Session, action: EditorAction, form: Form) -> Decision:
    return actions.merge(session, action, [form.text("story"), form.text("target")])


def _confirm_type(session: Session, action: EditorAction, form: Form) -> Decision:
    return _set_type(session, action, form, form.text("type"))


def _set_report(session: Session, action: EditorAction, form: Form) -> Decision:
    return _set_type(session, action, form, ArticleType.REPORT)


def _change_type(session: Session, action: EditorAction, form: Form) -> Decision:
    return _set_type(session, action, form, form.text("other"))


def _set_type(session: Session, action: EditorAction, form: Form, name: str) -> Decision:
    return actions.set_type(session, action, form.id("article"), parse_type(name))


#: The decision of each answer; other answers change nothing.
DECIDE: dict[tuple[str, str], Callable[[Session, EditorAction, Form], Decision]] = {
    ("membership", "move"): _move,
    ("membership", "split"): _split,
    ("merge", "merge"): _merge,
    ("split", "split"): _split,
    ("type", "confirm"): _confirm_type,
    ("type", "report"): _set_report,
    ("type", "change"): _change_type,
}
