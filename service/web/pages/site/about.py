"""`/about`: the glossary of the pages, and the choice of the time zone."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.web.dependencies import WebContextDep
from service.web.rendering.meta import page_meta
from service.web.rendering.pages import render_page
from service.web.requests.reader import ReaderDep

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/about")
def about_page(request: Request, web: WebContextDep, reader: ReaderDep) -> HTMLResponse:
    """Glossary of the terms on the pages, and the choice of the time zone."""
    description = "The terms on these pages: coverage, copies, storylines, first reports and more."
    meta = page_meta(request, "/about", "Glossary", description)
    return render_page(web, "about.html", meta=meta, clock=reader.clock)
