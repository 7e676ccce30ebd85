"""Property: matching in memory selects the same stories as SQL, for random stories and queries."""

import random
from datetime import timedelta

import pytest

from service.domain.queries.conditions import Query
from service.domain.queries.grammar import parse_query
from service.domain.queries.matching import matches
from service.domain.subscribers.story_records import record_of
from service.store.database.sessions import Sessions
from service.store.story_views.views import list_stories, select_story_ids
from service.store.subscribers.digest_stories import add_texts, to_digest_story
from tests.support.database.rows import NOW, Rows

STORIES, QUERIES = 60, 600
#: Outlet: family, country, language.
OUTLETS = {
    "quay": ("group", "GB", "en"), "wire": ("wire", "GB", "en"), "pier": ("group", None, "en"),
    "kurier": ("kurier", "DE", "de"), "volga": ("volga", "RU", "ru"), "post": ("post", "FR", None),
}  # fmt: skip
WORDS = ["ferry", "ferries", "tram", "dock strike", "Hafen", "паром", "паромы", "harbour", "US"]
NAMES = ["Orlan", "Orlan Harbour", "Москва"]


def add_random_stories(rows: Rows, chance: random.Random) -> None:
    outlets = [
        rows.outlet(slug, family=family, country=country, language=language)
        for slug, (family, country, language) in OUTLETS.items()
    ]
    for storyline in ("saga", "other"):
        rows.storyline(storyline, storyline.title())
    for number in range(STORIES):
        articles = []
        for outlet in chance.sample(outlets, chance.randint(1, 5)):
            title, text = (" ".join(chance.choices(WORDS, k=2)) for _ in range(2))
            at = NOW - timedelta(minutes=chance.randint(0, 3000))
            kind = chance.choice(["report", "report", "opinion", "live"])
            articles.append(rows.article(outlet, title, text=text, at=at, type=kind))
        for copy in articles[2:]:
            if chance.random() < 0.4:
                rows.copy(copy, articles[0])
        details = {
            "entities": [{"name": chance.choice(NAMES), "kind": "place", "articles": 1}],
            "agencies": [{"name": "Wire", "slug": "wire", "articles": [articles[-1].id]}]
            if chance.random() < 0.3
            else [],
        }
        story = rows.story(
            f"story{number}",
            articles,
            details=details,
            keywords=chance.sample(WORDS, 2),
            storyline_id=chance.choice([None, "saga", "other"]),
            state=chance.choice(["open", "closed"]),
        )
        story.headline = chance.choice(articles).title


def random_query(chance: random.Random) -> str:
    def values(*choices: str) -> str:
        return ",".join(f'"{each}"' for each in chance.sample(choices, chance.randint(1, 2)))

    def number(highest: int) -> str:
        low = chance.randint(0, highest)
        return chance.choice([f"{low}", f"{low}..", f"..{low}", f"{low}..{low + 1}", f">{low}"])

    hours = chance.randint(1, 50)
    condition = chance.choice([
        lambda: chance.choice(WORDS),
        lambda: f'"{chance.choice(WORDS)}"',
        lambda: " or ".join(chance.sample(["ferry", "tram", "паром"], 2)),
        lambda: f"outlet:{values(*OUTLETS)}",
        lambda: f"family:{values('group', 'wire', 'volga')}",
        lambda: f"country:{values('GB', 'DE', 'RU')}",
        lambda: f"language:{values('en', 'de', 'ru')}",
        lambda: f"type:{values('report', 'opinion', 'live')}",
        lambda: f"entity:{values(*NAMES)}",
        lambda: f"keyword:{values(*WORDS)}",
        lambda: f"headline:{values(*WORDS)}",
        lambda: f"storyline:{values('saga', 'other')}",
        lambda: f"state:{chance.choice(['open', 'closed'])}",
        lambda: f"agency:{values('wire', 'volga')}",
        lambda: f"first_outlet:{values(*OUTLETS)}",
        lambda: f"coverage:{number(4)}",
        lambda: f"articles:{number(4)}",
        lambda: f"countries:{number(3)}",
        lambda: f"languages:{number(3)}",
        lambda: f"reported:-{hours}h..",
        lambda: f"first_reported:..-{hours}h",
        lambda: "reported:yesterday",
    ])()  # fmt: skip
    is_negated = chance.random() < 0.3 and " or " not in condition
    return f"-{condition}" if is_negated and " " not in condition else condition


@pytest.mark.parametrize("seed", [1, 2])
def test_matching_in_memory_agrees_with_sql(sessions: Sessions, seed: int) -> None:
    chance = random.Random(seed)
    with sessions.begin() as session:
        add_random_stories(Rows(session), chance)
    with sessions.begin() as session:
        views = list_stories(session, Query(), limit=STORIES).items
        records = [
            record_of(each) for each in add_texts(session, list(map(to_digest_story, views)))
        ]
        assert len(records) == STORIES
        sizes = []
        for _ in range(QUERIES):
            text = " ".join(random_query(chance) for _ in range(chance.choice([1, 1, 2, 3])))
            query = parse_query(text).resolve(NOW)
            selected = set(session.scalars(select_story_ids(query)))
            assert selected == {each.id for each in records if matches(query, each)}, text
            sizes.append(len(selected))
        assert sum(0 < size < STORIES for size in sizes) > QUERIES / 2
