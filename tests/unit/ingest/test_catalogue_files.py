"""Catalogue files: shipped outlets and sample feeds."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from service.domain.catalogue.outlets import Outlet
from service.domain.catalogue.outlets import site_index as index_of
from service.domain.urls.canonical import canonical_url
from service.errors import BadInputError, SettingsError
from service.ingest.catalogue_files import index_sites, read_feeds, read_outlets
from service.ingest.opml import read_opml
from service.ingest.parsing.parse import parse_feed
from service.settings.paths import CONFIG_DIR, SEEDS_DIR
from service.store.catalogue.feeds import NewFeed

AGENCIES = {"RU": {"tass"}, "SY": {"sana"}, "TR": {"anadolu"}, "IR": {"irna", "tasnim", "mehr"}}


@pytest.fixture(scope="module")
def outlets() -> dict[str, Outlet]:
    return {each.slug: each for each in read_outlets(CONFIG_DIR / "outlets.toml").outlets}


@pytest.fixture(scope="module")
def feeds() -> list[NewFeed]:
    file = read_outlets(CONFIG_DIR / "outlets.toml")
    opml_feeds, made_up = read_feeds(CONFIG_DIR / "feeds.opml", index_sites([file]))
    assert made_up == []  # every feed belongs to an outlet of the file
    return opml_feeds


def test_catalogue_covers_many_countries_and_languages(
    outlets: dict[str, Outlet], feeds: list[NewFeed]
):
    read = [outlets[feed.outlet] for feed in feeds]
    assert len({feed.url for feed in feeds}) == len(feeds) >= 80
    assert len({outlet.slug for outlet in read}) >= 50
    assert len({outlet.country for outlet in read}) >= 20
    assert len({feed.language for feed in feeds}) >= 8


def test_catalogue_has_agencies_of_four_countries(outlets: dict[str, Outlet], feeds: list[NewFeed]):
    agencies = {feed.outlet for feed in feeds if outlets[feed.outlet].agency}
    for country, names in AGENCIES.items():
        here = {slug for slug in agencies if outlets[slug].country == country}
        assert all(any(name in slug for slug in here) for name in names), (country, here)


def test_outlets_have_all_fields(outlets: dict[str, Outlet]):
    families = read_outlets(CONFIG_DIR / "outlets.toml").families
    for outlet in outlets.values():
        assert re.fullmatch("[A-Z]{2}", outlet.country or ""), outlet
        assert re.fullmatch("[a-z]{2}", outlet.language or ""), outlet
        assert outlet.family in families, outlet
        assert outlet.sites, outlet
    sites = Counter(site for outlet in outlets.values() for site in outlet.sites)
    assert max(sites.values()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[outlets.a]\nname = "A"\ncuntry = "FR"\n',
            "unknown field 'cuntry' in .*; did you mean country",
        ),
        ('[outlets.a]\ncountry = "FR"\n', "has no name"),
        ("[outlets.a\n", "outlets.toml"),
    ],
)
def test_invalid_outlet_file_is_rejected(tmp_path: Path, text: str, message: str):
    path = tmp_path / "outlets.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        read_outlets(path)


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        ('country = "UK"', r"outlets\.toml: \[outlets\.a\]: Invalid country 'UK'"),
        ('language = "xx"', r"outlets\.toml: \[outlets\.a\]: Invalid language 'xx'"),
        ("country = 44", "Invalid country '44'"),
    ],
)
def test_invalid_code_is_reported_with_its_outlet(tmp_path: Path, fact: str, message: str):
    path = tmp_path / "outlets.toml"
    path.write_text(f'[outlets.a]\nname = "A"\n{fact}\n', encoding="utf-8")
    with pytest.raises(BadInputError, match=message):
        read_outlets(path)


def test_codes_are_normalized(tmp_path: Path):
    path = tmp_path / "outlets.toml"
    path.write_text('[outlets.a]\nname = "A"\ncountry = "gb"\nlanguage = "en-GB"\n')
    [outlet] = read_outlets(path).outlets
    assert (outlet.country, outlet.language) == ("GB", "en")


def test_missing_opml_file_is_reported(tmp_path: Path):
    with pytest.raises(BadInputError, match=r"none\.opml"):
        read_feeds(tmp_path / "none.opml", index_sites([]))


def test_feed_of_an_unknown_site_gets_an_outlet_for_its_host(tmp_path: Path):
    path = tmp_path / "list.opml"
    path.write_text(
        '<opml version="2.0"><body><outline text="New" xmlUrl="https://www.new.example/rss"/>'
        "</body></opml>",
        encoding="utf-8",
    )
    [feed], [outlet] = read_feeds(path, index_sites([]))
    assert (feed.outlet, outlet.slug, outlet.name) == ("new.example", "new.example", "New")


@pytest.mark.parametrize("collapsed", [False, True])
def test_feeds_on_hosting_services_have_an_outlet_each(tmp_path: Path, *, collapsed: bool):
    path = tmp_path / "list.opml"
    urls = (
        "https://feeds.feedburner.com/HarbourPost",
        "https://feeds.feedburner.com/MountainHerald",
        "https://medium.com/feed/@ann",
        "https://medium.com/feed/@bob",
    )
    outlines = [f'<outline text="{url}" htmlUrl="" xmlUrl="{url}"/>' for url in urls]
    outlines.append(
        '<outline text="Eve" htmlUrl="https://medium.com/" xmlUrl="https://medium.com/feed/@eve"/>'
    )
    text = f'<opml version="2.0"><body>{"".join(outlines)}</body></opml>'
    path.write_text(text, encoding="utf-8")
    hosts = ["medium.com", "feeds.feedburner.com"] if collapsed else []
    known = index_of(Outlet(host, host, sites=(host,)) for host in hosts)
    feeds, outlets = read_feeds(path, known)
    assert len({feed.outlet for feed in feeds}) == len(outlets) == 5
    assert index_of(outlets).match("https://medium.com/@ann/a-report-1f") == "medium.com-@ann"


def seeds() -> list[dict[str, str]]:
    lines = (SEEDS_DIR / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def seed_links() -> set[str]:
    """Canonical links of every entry of every sample feed."""
    links = set()
    opml = read_opml((SEEDS_DIR / "feeds.opml").read_bytes(), name="seeds", base_url="http://x/")
    for feed in opml.feeds:
        path = SEEDS_DIR / feed.url.removeprefix("http://x/")
        parsed = parse_feed(path.read_bytes(), url=feed.url)
        assert parsed.entries, path
        links |= {canonical_url(entry.link or entry.guid) for entry in parsed.entries}
    return {link for link in links if link}


def test_sample_feeds_are_numerous_and_varied():
    labels = seeds()
    assert len(labels) >= 160
    assert len({label["outlet"] for label in labels}) >= 14
    assert len({label["story"] for label in labels}) >= 35
    assert len({label["storyline"] for label in labels} - {None}) >= 4
    suffixes = {path.suffix for path in (SEEDS_DIR / "feeds").iterdir()}
    assert suffixes >= {".rss", ".rdf", ".atom", ".json"}


def test_samples_and_labels_match():
    assert {canonical_url(label["url"]) for label in seeds()} == seed_links()


def test_samples_contain_the_meeting_with_copies_and_similar_events():
    by_story: dict[str, list[dict[str, str]]] = {}
    for label in seeds():
        by_story.setdefault(label["story"], []).append(label)
    meeting = by_story["moscow-four-party-talks-2023-04-25"]
    assert len({label["outlet"] for label in meeting}) >= 8
    assert {label["lang"] for label in meeting} >= {"en", "ru", "tr", "ar", "fa"}
    assert sum(bool(label["copy_of"]) for label in meeting) >= 3
    for name in ("moscow-defence-talks-2022-12", "moscow-foreign-ministers-2023-05-10"):
        assert by_story[name][0]["storyline"] == meeting[0]["storyline"]
