"""The desk: questions and their answers, undo, conflicts, editing of a story, the audit log."""

from collections.abc import Callable, Iterator

import pytest

from service.domain.access.roles import Role
from service.domain.editing.questions import LikelySplit
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.editing import questions
from service.store.stories import stories
from service.store.tables import ArticleRow, StoryRow
from tests.support.content.site.open_questions import FERRY, PIER, OpenQuestions
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, WORLD_NOW
from tests.support.database.api_keys import make_key_client
from tests.support.servers.site import Site, serving
from tests.support.servers.visitor import Visitor


@pytest.fixture
def store(new_database: Callable[[], str]) -> Iterator[Sessions]:
    """The sample content and stories that raise questions."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
    yield sessions
    engine.dispose()


@pytest.fixture
def world(store: Sessions) -> OpenQuestions:
    with store.begin() as session:
        return OpenQuestions(session, WORLD_NOW)


@pytest.fixture
def site(store: Sessions, world: OpenQuestions) -> Iterator[Site]:
    assert world.articles
    with serving(store, clock=lambda: WORLD_NOW) as running:
        yield running


@pytest.fixture
def ruth(site: Site, store: Sessions) -> Visitor:
    person = Visitor(site)
    person.sign_in(make_key_client(site, store, "Ruth Pell", Role.EDITOR).secret)
    return person


def story_of(store: Sessions, article: ArticleRow) -> str | None:
    with store() as session:
        return stories.story_of(session, [article.id]).get(article.id)


def test_each_kind_of_question_is_answered_and_undone(
    ruth: Visitor, store: Sessions, world: OpenQuestions
):
    uncertain, part, briefing = world.articles[3], world.articles[4:], world.typed[1]
    page = ruth.get("/desk").text
    assert "Does this report belong to the story?" in page
    assert "Harbour master resigns over ferry" in page
    moved = ruth.post(
        "/desk/answers",
        {"kind": "membership", "answer": "move", "article": str(uncertain.id), "target": PIER,
         "subject": f"{uncertain.id}:{FERRY}", "skip": "0"},
    )  # fmt: skip
    assert story_of(store, uncertain) == PIER
    done = ruth.get(moved.headers["location"]).text
    assert "<bdi>Ruth Pell</bdi>" in done
    assert "moved <cite" in done
    assert ruth.post("/desk/decisions/1/undo", {"back": "/desk"}).headers["location"] == "/desk"
    assert story_of(store, uncertain) == FERRY

    ids = [str(each.id) for each in part]
    answer = {"kind": "split", "answer": "split", "story": FERRY, "article": ids}
    ruth.post("/desk/answers", answer)
    assert story_of(store, part[0]) == story_of(store, part[1]) != FERRY
    ruth.post("/desk/answers", {"kind": "type", "answer": "report", "article": str(briefing.id)})
    ruth.post(
        "/desk/answers",
        {"kind": "type", "answer": "change", "article": str(world.typed[2].id), "other": "satire"},
    )
    with store() as session:
        assert session.get_one(ArticleRow, briefing.id).corrected_type == "report"
        assert session.get_one(ArticleRow, world.typed[2].id).corrected_type == "satire"
    answer = {"kind": "merge", "answer": "merge", "story": FERRY, "target": PIER}
    ruth.post("/desk/answers", {**answer, "reason": "One accident"})
    assert story_of(store, world.pier[0]) == FERRY
    assert "Do both stories" not in ruth.get("/desk?kind=merge").text  # its other part is merged
    log = ruth.get("/desk/decisions?editor=ruth+pell").text
    assert log.index("One accident") < log.index("set the type of") < log.index("Desk: likely")
    assert "undone by <bdi>Ruth Pell</bdi>" in log


def test_question_that_is_left_as_it_is_returns_only_after_undo(ruth: Visitor):
    def ask() -> bool:
        return "Do both stories report one event?" in ruth.get("/desk?kind=merge").text

    assert ask()
    answer = {"kind": "merge", "answer": "keep", "subject": f"{FERRY}:{PIER}"}
    kept = ruth.post("/desk/answers", answer).headers["location"]
    assert "Left as it is" in ruth.get(kept).text
    assert not ask()
    number = kept.partition("review=")[2]
    assert ruth.post("/desk/reviews/undo", {"review": number}).status == 303
    assert ask()
    assert "You skipped 1" in ruth.get("/desk?kind=merge&skip=1").text


def test_review_of_a_large_part_is_found_again(ruth: Visitor, store: Sessions):
    articles = tuple(range(1_000_000, 1_000_300))
    kept, larger = LikelySplit(FERRY, articles), LikelySplit(FERRY, (*articles, 1_000_300))
    answer = {"kind": "split", "answer": "keep", "subject": kept.subject}
    assert "review=" in ruth.post("/desk/answers", answer).headers["location"]
    assert ruth.post("/desk/answers", {**answer, "subject": "x" * 501}).status == 422
    with store() as session:
        reviewed = questions.find_reviewed(session)
    assert ("split", kept.subject) in reviewed
    assert ("split", larger.subject) not in reviewed


def test_out_of_date_question_changes_nothing(ruth: Visitor, world: OpenQuestions):
    answer = {"kind": "membership", "answer": "move", "article": str(world.articles[0].id)}
    stale = ruth.post("/desk/answers", {**answer, "target": "nowhere"}).headers["location"]
    assert "out of date" in ruth.get(stale).text


def test_conflict_is_explained_and_resolved(ruth: Visitor, store: Sessions, world: OpenQuestions):
    page = f"/desk/stories/{FERRY}"
    assert ruth.post(page, {"action": "lock", "reason": "Court case"}).status == 303
    rejected = ruth.post(page, {"action": "split", "article": str(world.articles[1].id)})
    assert rejected.status == 409
    assert "Nothing changed" in rejected.text
    assert "locked" in rejected.text
    assert "Court case" in rejected.text
    assert f'name="back" value="{page}"' in rejected.text
    assert ruth.post("/desk/decisions/1/undo", {"back": page}).headers["location"] == page
    assert ruth.post(page, {"action": "split", "article": str(world.articles[1].id)}).status == 303
    assert story_of(store, world.articles[1]) != FERRY


def test_story_is_renamed_pinned_hidden_and_shown_again(
    ruth: Visitor, store: Sessions, site: Site, world: OpenQuestions
):
    page = f"/desk/stories/{FERRY}"
    assert f'href="{page}"' in ruth.get(f"/stories/{FERRY}").text
    assert f'href="{page}"' not in site.page(f"/stories/{FERRY}").text
    empty = ruth.post(page, {"action": "rename", "headline": " ", "reason": "Clearer"})
    assert (empty.status, "Invalid headline: empty" in empty.text) == (422, True)
    assert 'value="Clearer"' in empty.text
    for fields in (
        {"action": "rename", "headline": "Ferry hits <pier>"},
        {"action": "pin"},
        {"action": "hide_articles", "article": str(world.articles[2].id)},
        {"action": "set_types", "article": str(world.articles[1].id), "type": "live"},
        {"action": "move", "article": str(world.articles[5].id), "target": f"/stories/{MEETING}/x"},
        {"action": "merge", "other": f"https://news.example/stories/{PIER}"},
    ):
        assert ruth.post(page, fields).status == 303, fields
    assert "Ferry hits &lt;pier&gt;" in site.page("/").text
    assert story_of(store, world.articles[2]) is None
    for wrong in (
        {"action": "explode"}, {"action": "split"}, {"action": "merge", "other": "nowhere"},
        {"action": "pin_article", "article": ["1", "2"]}, {"action": "move", "target": "/x"},
    ):  # fmt: skip
        assert ruth.post(page, wrong).status == 422, wrong
    rejected = ruth.post(f"/desk/stories/{PIER}", {"action": "merge", "other": FERRY})
    assert (rejected.status, f'action="{page}"' in rejected.text) == (422, True)
    pin = ruth.get(page).text.partition("pinned <a")[2].partition("/undo")[0].rpartition("/")[2]
    ruth.post(f"/desk/decisions/{pin}/undo", {"reason": "Other news"})
    assert '<span dir="auto">Other news</span>' in ruth.get(page).text
    assert ruth.post(page, {"action": "hide"}).status == 303
    assert site.page(f"/stories/{FERRY}").status == 404
    assert "Readers cannot see this story" in ruth.get(page).text
    with store() as session:
        assert session.get_one(StoryRow, PIER).merged_into == FERRY
    assert ruth.get(f"/desk/stories/{PIER}").headers["location"] == page
    assert ruth.get("/desk/stories/nowhere").status == 404


def test_only_editors_open_the_desk(site: Site, store: Sessions):
    adam = Visitor(site)
    adam.sign_in(make_key_client(site, store, "adam", Role.ADMIN).secret)
    for path in ("/desk", "/desk/decisions", f"/desk/stories/{FERRY}"):
        assert adam.get(path).status == 403
    assert adam.post(f"/desk/stories/{FERRY}", {"action": "lock"}).status == 403
    assert adam.post("/desk/decisions/1/undo").status == 403
    forged = Visitor(site, dict(adam.cookies), "forged")
    assert forged.post("/desk/answers", {"kind": "merge"}).status == 403
