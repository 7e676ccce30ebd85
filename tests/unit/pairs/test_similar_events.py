import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from service.domain.articles.capitals import title_names, title_template
from service.domain.articles.demonyms import country_of
from service.domain.articles.model import Article, Vectors
from service.domain.articles.tokenization import ArticleTokens
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.scoring.score import PairModel
from service.domain.pairs.similar_events import similar_matrix, similar_pairs
from service.domain.pairs.vocabulary import Vocabulary, word_key
from tests.support.content.events import pair_model

NOON = datetime(2026, 8, 14, 12, tzinfo=UTC)
#: Other articles of the window; their lower-case words are not names.
OTHERS = [
    "The helicopter crash left five dead, and the minister resigns over it",
    "Pilots call a strike at the bank after floods in the north",
    "Two dead in floods, and a union says that the crash was an accident",
    "Rates are cut by the central bank, the union and the minister say",
]


def article(number: int, title: str, text: str = "", outlet: str = "World Desk") -> Article:
    return Article(
        id=str(number),
        title=title,
        text=text,
        outlet=outlet,
        published=NOON + timedelta(minutes=number),
        lang="en",
    )


def features_of(*articles: Article) -> Features:
    others = [article(90 + number, title, outlet="") for number, title in enumerate(OTHERS)]
    window = [*articles, *others]
    values = np.random.default_rng(1).normal(size=(len(window), 8)).astype(np.float32)
    tokenised = TokenisedArticles.build(window, Vectors("m", values))
    return Features.build(tokenised, tokenised.build_vocabulary())


def are_similar(one: Article, other: Article) -> bool:
    features = features_of(one, other)
    pair = bool(similar_pairs(features, features.names.astype(bool), np.array([[0, 1]]))[0])
    matrix = similar_matrix(features[np.array([0])], features[np.array([1])])
    reverse = similar_matrix(features[np.array([1])], features[np.array([0])])
    assert matrix.tolist() == reverse.tolist() == [[pair]]
    return pair


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Five dead in Uganda helicopter crash", "Five dead in Bolivia helicopter crash"),
        ("Estonian interior minister resigns", "Finnish interior minister resigns"),
        ("KLM pilots to strike on Sunday", "Iberia pilots to strike on Monday"),
        ("At least 12 dead in Ghana floods", "At least 15 dead in Nepal floods"),
        ("Live results: Ohio primaries", "Live results: Utah primaries"),
        # All names differ, and less of the wording is common.
        ("Ghana slashes rates as inflation cools", "Kenya trims rates as inflation stays low"),
        # Equal except for one of several names.
        ("Wildfire forces people out in Orlan County", "Wildfire forces people out in Ress County"),
        ("Nordwerk steigert Gewinn im Quartal", "Südtech steigert Gewinn im Quartal"),
        ("Crue dans l'Orne : deux morts", "Crue dans l'Eure : trois morts"),
    ],
)
def test_one_outlet_reports_similar_events(one: str, other: str) -> None:
    assert are_similar(article(1, one), article(2, other))


def test_two_outlets_report_similar_events() -> None:
    one = article(1, "Helicopter crash in western Uganda kills five", outlet="Kampala Post")
    other = article(2, "Helicopter crash in northern Bolivia kills five", outlet="La Paz Daily")
    assert are_similar(one, other)


def test_two_outlets_name_two_countries() -> None:
    one = article(1, "Halden firm sells its mines in Ghana", outlet="Accra Courier")
    other = article(2, "Halden firm sells its mines in Kenya", outlet="Nairobi Post")
    assert are_similar(one, other)
    in_ghana = replace(other, text="It left Ghana a day before.")
    assert not are_similar(one, in_ghana)
    assert not are_similar(one, replace(other, title="Halden firm sells its mines in Orlan"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Five dead in Uganda helicopter crash", "Uganda helicopter crash: five dead"),
        ("Fire in Orlan County, Ohio, kills five", "Fire in Ohio kills five"),
        ("Ugandan helicopter crash kills five", "Helicopter crash in Uganda kills five"),
        ("US minister resigns over strike", "American minister resigns over strike"),
        ("Helicopter crash kills five", "Five dead in Uganda helicopter crash"),
        ("Uganda mourns five soldiers", "Bolivia votes on a new constitution"),
    ],
)
def test_other_pairs_are_not_similar_events(one: str, other: str) -> None:
    assert not are_similar(article(1, one), article(2, other))


def test_name_in_the_lead_counts() -> None:
    one = article(1, "Five dead in Uganda helicopter crash")
    other = article(2, "Five dead in Kitgum helicopter crash", "The crash was in north Uganda.")
    assert not are_similar(one, other)


def test_titles_in_title_case_have_no_names_without_a_lead() -> None:
    one = article(1, "Five Dead In Uganda Helicopter Crash")
    other = article(2, "Five Dead In Bolivia Helicopter Crash")
    assert title_names(ArticleTokens.build(one)) == set()
    assert not are_similar(one, other)


def test_lead_confirms_names_of_a_title_in_title_case() -> None:
    one = article(
        1, "Five Dead In Uganda Helicopter Crash", "It crashed near Uganda, officials say"
    )
    assert title_names(ArticleTokens.build(one)) == {"uganda"}


def test_elided_words_are_no_part_of_a_name() -> None:
    title = "L'Etna en éruption, l'accès au sommet d'Orlan fermé"
    tokens = ArticleTokens.build(article(1, title))
    assert title_names(tokens) == {"etna", "orlan"}
    assert title_template(tokens)[0] == "etna"


def test_title_names_are_no_dates_and_no_stop_words() -> None:
    assert title_names(
        ArticleTokens.build(article(1, "The strike at Iberia on Monday, 3 May"))
    ) == {"iberia"}


def test_template_has_no_dates() -> None:
    assert title_template(ArticleTokens.build(article(1, "Iberia strike after Monday"))) == [
        "iberia",
        "strike",
    ]


@pytest.mark.parametrize(
    ("word", "country"),
    [
        ("ugandan", "uganda"),
        ("french", "france"),
        ("u.s", "america"),
        ("iran", "iran"),
        ("pakistan", "pakistan"),
        ("pakistani", "pakistan"),
        ("jordan", "jordan"),
        ("jordanian", "jordan"),
        ("bhutan", "bhutan"),
        ("taiwanese", "taiwan"),
    ],
)
def test_country_of_a_demonym(word: str, country: str) -> None:
    assert country_of(word) == country


def test_similar_events_score_zero() -> None:
    one, other = "Five dead in Uganda helicopter crash", "Five dead in Bolivia helicopter crash"
    similar = features_of(article(1, one), article(2, other))
    same = features_of(article(1, one), replace(article(2, other), title=one))
    model: PairModel = pair_model()
    pair, rows = np.array([[0, 1]]), np.array([0])
    assert model.score(similar, pair)[0] == 0
    assert model.score_matrix(similar, rows, rows + 1)[0, 0] == 0
    assert model.score(same, pair)[0] == model.score_matrix(same, rows, rows + 1)[0, 0] > 0


def test_vocabulary_of_an_earlier_release_calls_every_capitalised_word_a_name() -> None:
    window = [article(number, title) for number, title in enumerate(OTHERS)]
    tokenised = TokenisedArticles.build(window, Vectors("m", np.eye(4, dtype=np.float32)))
    stored = tokenised.build_vocabulary().to_bytes()
    with np.load(io.BytesIO(stored)) as arrays:
        earlier = {name: arrays[name] for name in arrays.files if name != "name_counts"}
    former = io.BytesIO()
    np.savez_compressed(former, **earlier)
    minister = np.array([word_key("minister")], dtype=np.uint32)
    assert not Vocabulary.from_bytes(stored).are_names(minister)[0]
    assert Vocabulary.from_bytes(former.getvalue()).are_names(minister)[0]
