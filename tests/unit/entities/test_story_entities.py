import pytest

from service.domain.articles.model import Article
from service.domain.entities.gazetteer import Gazetteer, Gazetteers, Kind
from service.domain.entities.mentions import find_mentions
from service.domain.entities.story_entities import Entity, find_entities

EMPTY = Gazetteer.from_articles([])


#: A sentence around a name. Alone, the capitalised words would count as title case.
FRAME = "while people waited there with others, {} before they came back later"


def names(text: str) -> list[str]:
    return [mention.name for mention in find_mentions(text)]


def entity_kinds(*texts: str, window: Gazetteer = EMPTY, **more: object) -> dict[str, str]:
    articles = [Article(key, "", words, outlet=f"o{key}") for key, words in enumerate(texts)]
    return {each.name: each.kind for each in find_entities(articles, window, **more)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the envoy of Sen. Ruth Pell’s office in West Orlan", ["Ruth Pell", "West Orlan"]),
        ("when President of Karsia Ivo Dern spoke", ["Karsia Ivo Dern"]),
        ("when the Ministry of Health and Labour spoke", ["Ministry of Health and Labour"]),
        ("for Karsian Prime Minister Anna de la Cruz", ["Anna de la Cruz"]),
        ("by Orlan County Executive Bruce Tamm", ["Bruce Tamm"]),
        ("said the Prime Minister on a visit", []),
        ("a visit of French and German ministers", []),
        ("to declare Orlan US territory", ["Orlan", "US"]),
        ("the Justice Department of the republic", ["Justice Department"]),
        ("photo by Jim Tarn/AFP and others", []),
    ],
)
def test_names_exclude_preceding_titles(text: str, expected: list[str]) -> None:
    assert names(FRAME.format(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "FERRY STRIKES PIER IN ORLAN HARBOUR TODAY",
        "Ferry Strikes Pier in Orlan Harbour After Storm",
        "WATCH LIVE: FERRY leaves its harbour",
    ],
)
def test_title_case_yields_no_names(text: str) -> None:
    assert names(text) == []


def test_sentence_of_names_yields_them() -> None:
    title = "Minister Tarvo Quell visits Orlan Harbour after storm"
    assert names(title) == ["Tarvo Quell", "Orlan Harbour"]


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("the goalkeeper Moses Adeyin kept it out", "Moses Adeyin", Kind.PERSON),
        ("as Minister Tarvo Quell told them", "Tarvo Quell", Kind.PERSON),
        ("then Quorra Vint, 52, left the hall", "Quorra Vint", Kind.PERSON),
        ("they met in Ankara at night", "Ankara", Kind.PLACE),
        ("the town of Qusko was empty", "Qusko", Kind.PLACE),
        ("below the Kestrel Dam at night", "Kestrel Dam", Kind.PLACE),
        ("the new Strait of Hormuz rules", "Strait of Hormuz", Kind.PLACE),
        ("at Aldermoor Water nobody spoke", "Aldermoor Water", Kind.ORGANISATION),
        ("fans of the Los Angeles Dodgers left", "Los Angeles Dodgers", Kind.ORGANISATION),
        ("as NATO and others said", "NATO", Kind.ORGANISATION),
        ("at the University of Orlan today", "University of Orlan", Kind.ORGANISATION),
    ],
)
def test_context_determines_the_entity_kind(text: str, name: str, kind: Kind) -> None:
    assert entity_kinds(FRAME.format(text)) == {name: kind}


@pytest.mark.parametrize(
    "text",
    [
        "on Monday in April they left",
        "since the Northern Cup began",
        "aboard the USS Abraham Lincoln at sea",
        "Volunteers waited. Many left.",
        "for Quillon and others",
        "Chapter XIV was read",
    ],
)
def test_other_and_unclear_names_are_omitted(text: str) -> None:
    assert entity_kinds(text) == {}


def test_window_gazetteer_complements_the_story() -> None:
    texts = [f"Report {number}: floods in Quillon spread." for number in range(4)]
    window = Gazetteer.from_window(Article(key, "", words) for key, words in enumerate(texts))
    assert entity_kinds("for Quillon and others", window=window) == {"Quillon": Kind.PLACE}


def test_last_name_counts_for_the_full_name() -> None:
    articles = [
        Article(1, "", "as Minister Tarvo Quell told them", outlet="a"),
        Article(2, "Why they blame Quell for it", "", outlet="b"),
        Article(3, "", "nobody believes Quell any more", outlet="c"),
    ]
    assert find_entities(articles, EMPTY) == [Entity("Tarvo Quell", Kind.PERSON, 3)]


def test_place_aliases_are_merged() -> None:
    assert entity_kinds("the port of Tehran and the U.S. and a US ship") == {
        "Tehran": Kind.PLACE,
        "US": Kind.PLACE,
    }


def test_name_in_one_of_many_articles_is_omitted() -> None:
    texts = ("flooding in Ankara today", "rain over Ankara again", "snow in Oslo and in Ankara")
    assert entity_kinds(*texts) == {"Ankara": Kind.PLACE}


def test_copies_do_not_count() -> None:
    texts = ("flooding in Ankara today", "flooding in Ankara and Oslo")
    assert entity_kinds(*texts, copies={1}) == {"Ankara": Kind.PLACE}


def test_outlet_names_are_omitted() -> None:
    texts = (FRAME.format("as Quay News Network learned"), "nothing else is known")
    assert entity_kinds(*texts, outlets={"o0": "Quay News"}) == {}
    assert entity_kinds(*texts, outlets={"o1": "Quay News"}) == {
        "Quay News Network": Kind.ORGANISATION
    }


def test_sentence_start_needs_a_capitalised_use_elsewhere() -> None:
    texts = ["Reservoir levels fell. A reservoir ran dry. Orlan Dam held; at Orlan Dam, calm."]
    gazetteer = Gazetteer.from_articles([Article(1, "", texts[0])])
    known = Gazetteers((gazetteer,))
    assert {each.name for each in find_mentions(texts[0]) if known.is_name(each)} == {"Orlan Dam"}


def test_gazetteer_serialization_round_trip() -> None:
    gazetteer = Gazetteer.from_articles(
        [Article(1, "", "floods in Quillon; Minister Tarvo Quell left")]
    )
    assert Gazetteer.from_bytes(gazetteer.to_bytes()) == gazetteer
