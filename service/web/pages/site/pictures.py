"""`/pictures/stories/ID.png`: picture of a story for link previews."""

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from service.store.story_views import history, views
from service.store.story_views.views import StoryView
from service.web.dependencies import WebContextDep
from service.web.middleware.etags import ETagSession
from service.web.rendering.formats.pictures import PictureMark, StoryPicture, draw_story
from service.web.rendering.links import picture_path
from service.web.rendering.story_page.points import dots
from service.web.rendering.utc_times import date_time
from service.web.requests.parameters.types import StoryId

router = APIRouter(prefix="/pictures", include_in_schema=False)


@router.get("/stories/{story_id}.png", response_class=Response)
def story_picture(session: ETagSession, web: WebContextDep, story_id: StoryId) -> Response:
    """Draw a story; a merged story redirects to its survivor."""
    story = views.get_story(session, story_id).story
    if story.state == "merged":
        return RedirectResponse(picture_path(history.find_survivor(session, story_id)), 308)
    return Response(draw_story(_content(story, web.title)), media_type="image/png")


def _content(story: StoryView, site: str) -> StoryPicture:
    first, last = date_time(story.first_reported_at), date_time(story.last_reported_at)
    return StoryPicture(
        site=site,
        headline=story.headline,
        independent=story.independent,
        coverage=story.coverage,
        period=f"{first if first == last else f'{first} - {last}'} UTC",
        marks=tuple(PictureMark(dot.x / 100, dot.report.copy) for dot in dots(story.reports)),
    )
