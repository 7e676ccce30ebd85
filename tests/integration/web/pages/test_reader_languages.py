"""Pages show headlines and quotes in a language of the reader, if a story has one."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from service.domain.stories.description import Details
from service.domain.stories.wording.headline import LocalHeadline
from service.domain.stories.wording.summary import Quote
from service.store.database.schema import make_engine
from service.store.database.sessions import make_sessions
from service.store.stories.details import to_json
from service.web.requests.reader import read_languages
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

#: Titles of the reports by language; the first one is the headline.
TITLES = {
    "fa": "کشتی مسافربری به گل نشست",
    "en": "Ferry runs aground in fog",
    "de": "Fähre läuft im Nebel auf Grund",
}


@pytest.fixture(scope="module")
def site(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server with one storyline of two stories, each with reports in three languages."""
    engine = make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = {code: rows.outlet(f"outlet-{code}", language=code) for code in TITLES}
        line = rows.storyline("line", "Stranded ferry")
        for story in ("first", "second"):
            at = NOW - timedelta(hours=3)
            reports = {
                code: rows.article(outlets[code], f"{title} ({story})", at=at)
                for code, title in TITLES.items()
            }
            details = Details(
                summary=tuple(
                    Quote(article.id, f"outlet-{code}", f"{TITLES[code]}, sentence.", lang=code)
                    for code, article in reports.items()
                ),
                headlines=tuple(LocalHeadline(code, each.id) for code, each in reports.items()),
            )
            row = rows.story(story, list(reports.values()), details=to_json(details))
            row.storyline_id = line.id
    with serving(sessions) as running:
        yield running
    engine.dispose()


def read(site: Site, path: str, languages: str) -> str:
    headers = {"Accept-Language": languages} if languages else {}
    return site.get(path, accept="text/html", headers=headers).text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/storylines",
        "/storylines/line",
        "/search?q=ferry",
        "/outlets/outlet-fa",
        "/stories/first",
    ],
)
@pytest.mark.parametrize(
    ("languages", "shown"),
    [
        ("", "fa"),
        ("en-GB,en;q=0.9", "en"),
        ("de-AT;q=0.8,fr,en;q=0.5", "de"),
        ("fr", "fa"),
        ("de;q=0,en;q=0.1", "en"),
    ],
)
def test_headlines_are_in_the_first_language_of_the_reader(
    site: Site, path: str, languages: str, shown: str
) -> None:
    text = read(site, path, languages)
    headings = re.findall(
        r"<(?:h[1-3]|a)[^>]*lang=\"(\w+)\"[^>]*>(?:<a[^>]*>)?([^<]+) \(first\)<", text
    )
    assert (shown, TITLES[shown]) in headings
    if not path.startswith("/stories/"):
        assert {code for code, _ in headings} == {shown}


def test_a_filter_by_language_outweighs_the_browser(site: Site) -> None:
    assert TITLES["de"] in read(site, "/?language=de", "en")


@pytest.mark.parametrize("language", TITLES)
def test_the_quote_of_a_card_names_its_outlet_and_has_the_language_of_the_headline(
    site: Site, language: str
) -> None:
    quote = re.search(r'<p class="quote" lang="(\w+)"[^>]*>(.*)</p>', read(site, "/", language))
    assert quote
    assert quote[1] == language
    assert f"<bdi>Outlet-{language.title()}</bdi></a></cite> <time" in quote[2]
    assert f": <q>{TITLES[language]}, sentence.</q>" in quote[2]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"", ()),
        (b"*", ()),
        (b"pt-BR,pt;q=0.9,en;q=0.8", ("pt", "en")),
        (b"en;q=0.2, fr ; q=0.7,de", ("de", "fr", "en")),
        (b"zh-Hant-TW, zh;q=0.1", ("zh",)),
        (b"x;y;z,<script>,\xff,de;q=abc", ()),
    ],
)
def test_accept_language_is_read_by_weight(header: bytes, expected: tuple[str, ...]) -> None:
    assert read_languages({"headers": [(b"accept-language", header)]}) == expected
