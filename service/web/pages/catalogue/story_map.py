"""`/map`: the stories of the day on a map, and as a list."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from service.store.stories.surroundings import list_mapped_story_ids, load_surroundings
from service.store.story_views.views import get_stories
from service.web.dependencies import ReadSession, WebContextDep
from service.web.rendering.front_page.story_map import draw_map
from service.web.rendering.meta import page_meta
from service.web.rendering.pages import render_page
from service.web.rendering.reader_clock import current_languages
from service.web.requests.reader import ReaderDep

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/map")
def map_page(
    request: Request, session: ReadSession, web: WebContextDep, reader: ReaderDep
) -> Response:
    """The map of the latest stories that the job `link` stored, those of most outlets first."""
    ids = list_mapped_story_ids(session)
    loaded = get_stories(session, ids)
    languages = current_languages.get()
    stories = [loaded[each].in_languages(languages) for each in ids if each in loaded]
    surroundings = load_surroundings(session, ids)
    places = {story: each.place for story, each in surroundings.items() if each.place}
    description = "The stories of the day: those about similar subjects are near each other."
    response = render_page(
        web,
        "map.html",
        meta=page_meta(request, "/map", "Map of the day", description),
        clock=reader.clock,
        map=draw_map(stories, places),
    )
    return reader.personalize(response)
