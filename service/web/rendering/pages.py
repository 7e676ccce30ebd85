"""Rendering of whole pages, and links to their further pages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse

from service.web.dependencies import WebContext


def render_page(
    web: WebContext,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Render a template with the current time; times depend on the zone in the reader's cookie."""
    html = web.templates.get_template(template).render(now=web.clock(), **values)
    return HTMLResponse(html, status, {"Vary": "Cookie", **(headers or {})})


def page_url(path: str, parameters: Mapping[str, Any]) -> str:
    """A path with query parameters; lists are repeated parameters, empty values are omitted."""
    query = urlencode({name: each for name, each in parameters.items() if each}, doseq=True)
    return f"{path}?{query}" if query else path
