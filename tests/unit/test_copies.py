from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.articles import Article
from service.domain.copies import (
    CopySettings,
    Signature,
    copies,
    exact_share,
    signature,
)
from tests.support.coverage_of_events import START

SETTINGS = CopySettings(share=0.6, shingle=3, permutations=128, bands=64, shortest=12)
PARAGRAPHS = (
    "A ferry carrying two hundred people struck a pier at Lake Orlan early on Tuesday.",
    "Twelve passengers were taken to hospital, none of them with serious injuries.",
    "The captain told harbour police that the engines had not answered the controls.",
    "Divers will inspect the hull before the ship is towed to the yard at Brackwater.",
)
WIRE = Article(1, "Ferry strikes pier", " ".join(PARAGRAPHS), "wire", published=START)
LATER = START + timedelta(hours=2)


def found(*articles: Article) -> dict[int | str, int | str]:
    return {copy.article: copy.original for copy in copies(articles, SETTINGS)}


@pytest.mark.parametrize(
    "text",
    [
        " ".join(PARAGRAPHS),
        " ".join(reversed(PARAGRAPHS)),
        " ".join(PARAGRAPHS[:2]),
        "BRACKWATER (Wire) - " + " ".join(PARAGRAPHS) + " Read more on our page.",
    ],
    ids=["same", "reordered", "shortened", "framed"],
)
def test_a_reprint_under_another_headline_is_found(text: str) -> None:
    assert found(Article(2, "Shock on the lake", text, "daily", published=LATER), WIRE) == {2: 1}


def test_an_own_report_is_no_copy() -> None:
    own = "Two hundred people were aboard when a boat hit the harbour wall; a dozen were hurt."
    assert found(WIRE, Article(2, "Ferry strikes pier", own, "daily", published=LATER)) == {}


def test_the_agency_is_the_original_even_if_it_comes_later() -> None:
    wire = replace(WIRE, published=LATER, agency=True)
    assert found(replace(WIRE, id=2, published=START), wire) == {2: 1}


def test_no_original_is_a_copy() -> None:
    prints = [replace(WIRE, id=key, published=LATER) for key in (2, 3, 4)]
    assert found(WIRE, *prints) == {2: 1, 3: 1, 4: 1}


PRINTS = st.lists(
    st.builds(
        Article,
        id=st.one_of(st.integers(), st.text(max_size=3)),
        title=st.just("Ferry strikes pier"),
        text=st.lists(st.sampled_from(PARAGRAPHS), max_size=4, unique=True).map(" ".join),
        published=st.sampled_from([None, START, LATER]),
        agency=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda article: article.id,
)


@given(PRINTS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_in_any_order_the_same_copies_and_no_original_is_one(articles, random) -> None:  # noqa: ANN001
    pairs = found(*articles)
    assert not set(pairs.values()) & set(pairs)
    assert found(*random.sample(articles, len(articles))) == pairs


def test_undated_articles_come_last() -> None:
    assert found(replace(WIRE, id=0, published=None), WIRE) == {0: 1}


def test_short_texts_are_never_copies() -> None:
    assert (
        found(Article(1, "Live updates", "Live now"), Article(2, "Live updates", "Live now")) == {}
    )
    assert signature(Article(1, "x"), SETTINGS) is None


def test_the_same_headline_alone_makes_no_copy() -> None:
    late = Article(2, WIRE.title, "Quite another account of what went wrong on the water.")
    assert found(WIRE, late) == {}


def test_a_title_counts_where_there_is_no_text() -> None:
    title = PARAGRAPHS[0]
    assert found(Article(1, title, published=START), Article(2, title)) == {2: 1}


def test_many_identical_texts_take_no_quadratic_time() -> None:
    assert len(found(*(replace(WIRE, id=key) for key in range(400)))) == 399


def test_a_signature_survives_storage() -> None:
    before = signature(WIRE, SETTINGS)
    assert before is not None
    after = Signature.from_bytes(before.to_bytes())
    assert after.bands == before.bands
    assert after.shingles == before.shingles
    assert (after.minhash == before.minhash).all()


def test_nothing_is_shared_with_an_empty_text() -> None:
    assert exact_share(frozenset(), frozenset({1})) == 0
