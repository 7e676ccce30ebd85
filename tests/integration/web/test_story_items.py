"""Items of story lists, which are plain dictionaries, agree with the models of the schema."""

import json

from pydantic_core import to_json as dump_json

from service.domain.queries.conditions import EVERYTHING
from service.store.database.sessions import Sessions
from service.store.stories.details import to_json
from service.store.story_views.views import list_stories
from service.web.rendering.schemas import StoryOut
from service.web.rendering.story_items import story_item
from tests.support.database.large_store import sample_details
from tests.support.database.rows import NOW, Rows


def test_items_equal_the_models(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        quay, post = rows.outlet("quay"), rows.outlet("post", language=None, country="FR")
        rows.storyline("saga", "The harbour")
        ferry = [rows.article(each, "Ferry “strikes” pier") for each in (quay, post)]
        headlines = [{"lang": "en", "article": str(ferry[0].id)}]
        details = to_json(sample_details(NOW)) | {"headlines": headlines}
        rows.story("ferry", ferry, keywords=["pier"], storyline_id="saga", details=details)
        rows.story("named", [rows.article(quay, "Tram")], renamed=True, headline="Our headline")
        rows.story("plain", [rows.article(post, "Dock")], pinned=True, split_from="ferry")
    with sessions() as session:
        views = list_stories(session, EVERYTHING).items
    assert len(views) == 3
    for each in views:
        model = json.loads(StoryOut.of(each).model_dump_json(by_alias=True))
        assert json.loads(dump_json(story_item(each))) == model
