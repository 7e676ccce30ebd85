"""Frame of the pages of the desk: their sections, decisions in words, and the rendering."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from service.domain.articles.article_types import ArticleType
from service.errors import DecisionConflictError
from service.store.access.browser_sessions import BrowserSession
from service.store.articles.views import load_articles
from service.store.editing import audit_log
from service.store.editing.audit_log import Decision
from service.store.story_views.views import story_names
from service.web.dependencies import WebContext
from service.web.desk.fields import local_path
from service.web.people.pages import render

#: Path and name of each section.
SECTIONS = (("/desk", "Questions"), ("/desk/decisions", "Decisions"))
#: Articles whose titles the list of decisions shows.
MAX_TITLES = 200


def render_desk(
    web: WebContext,
    person: BrowserSession,
    section: str,
    template: str,
    *,
    status: int = 200,
    **values: object,
) -> HTMLResponse:
    """Render a page of the desk for a signed-in editor; `section` is a path of `SECTIONS`."""
    return render(
        web,
        f"desk/{template}",
        key=person.key,
        status=status,
        person=person,
        area="Desk",
        sections=SECTIONS,
        section=section,
        types=tuple(ArticleType),
        **values,
    )


def name_decisions(session: Session, decisions: Iterable[Decision]) -> Mapping[str, Any]:
    """Headlines of the stories and titles of the articles that decisions are about."""
    decisions = tuple(decisions)
    ids = {story for each in decisions for story in (each.story_id, *each.other_story_ids) if story}
    articles = [article for each in decisions for article in each.article_ids[:1]][:MAX_TITLES]
    details = load_articles(session, articles)
    return {
        "names": story_names(session, ids),
        "titles": {key: each.member.report.title for key, each in details.items()},
    }


def render_conflict(
    web: WebContext, person: BrowserSession, error: DecisionConflictError, back: str
) -> HTMLResponse:
    """Explain why a decision conflicts with active ones, with a button that undoes each of them."""
    with web.sessions() as session:
        conflicting = [audit_log.get(session, number) for number in error.decisions]
        named = name_decisions(session, conflicting)
    return render_desk(
        web,
        person,
        "/desk/decisions",
        "conflict.html",
        status=409,
        conflicting=conflicting,
        back=local_path(back),
        **named,
    )
