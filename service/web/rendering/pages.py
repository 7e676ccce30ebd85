"""Rendering of whole pages, and links to their further pages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse

from service.web.dependencies import WebContext
from service.web.rendering.reader_clock import current_time


def render_page(
    web: WebContext,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Render a template with the current time.

    Times depend on the zone in the reader's cookie, and headlines on the reader's languages.
    """
    html = render_template(web, template, **values)
    return HTMLResponse(html, status, {"Vary": "Cookie, Accept-Language", **(headers or {})})


def render_template(web: WebContext, template: str, **values: Any) -> str:
    """Render a template; its filters use the current time."""
    now = web.clock()
    time = current_time.set(now)
    try:
        return web.templates.get_template(template).render(now=now, **values)
    finally:
        current_time.reset(time)


def page_url(path: str, parameters: Mapping[str, Any]) -> str:
    """A path with query parameters; lists are repeated parameters, empty values are omitted."""
    query = urlencode({name: each for name, each in parameters.items() if each}, doseq=True)
    return f"{path}?{query}" if query else path
