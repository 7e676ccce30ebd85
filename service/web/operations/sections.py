"""Frame of the pages of operations: their sections and the rendering."""

from fastapi.responses import HTMLResponse

from service.store.access.browser_sessions import BrowserSession
from service.web.dependencies import WebContext
from service.web.people.pages import render

#: Path and name of each section.
SECTIONS = (
    ("/operations", "Overview"),
    ("/operations/feeds", "Feeds"),
    ("/operations/jobs", "Jobs"),
    ("/operations/deliveries", "Deliveries"),
    ("/operations/database", "Database"),
)
#: Messages after a form, by the value of the parameter `done`; a text in it could be forged.
DONE = {
    "added": "Added. The feed is fetched with the next run of the job fetch.",
    "due": "Due now. The next run of the job fetch reads the feed.",
    "saved": "Saved.",
    "undone": "The feed has its earlier address again.",
    "retried": "The next run of the job sends the email again.",
    "paused": "Paused.",
    "resumed": "Resumed. Failed deliveries are retried now.",
    "accepted": "The receiver accepted the delivery.",
    "rejected": "The receiver did not accept the delivery. See the attempts below.",
}


def render_section(
    web: WebContext,
    person: BrowserSession,
    section: str,
    template: str,
    *,
    status: int = 200,
    done: str = "",
    **values: object,
) -> HTMLResponse:
    """Render a page of operations for a signed-in admin; `section` is a path of `SECTIONS`."""
    return render(
        web,
        f"operations/{template}",
        key=person.key,
        status=status,
        person=person,
        area="Operations",
        sections=SECTIONS,
        section=section,
        done=DONE.get(done, ""),
        **values,
    )
