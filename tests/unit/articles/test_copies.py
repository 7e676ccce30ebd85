from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.articles.copies import find_copies, keep_within_stories, overlap_coefficient
from service.domain.articles.model import Article, ArticleId
from service.domain.articles.shingles import (
    Shingles,
    candidate_rows,
    normalized_words,
    title_similarity,
)
from tests.support.content.events import START, copy_settings

SETTINGS = copy_settings()
PARAGRAPHS = (
    "A ferry carrying two hundred people struck a pier at Lake Orlan early on Tuesday.",
    "Twelve passengers were taken to hospital, none of them with serious injuries.",
    "The captain told harbour police that the engines had not answered the controls.",
    "Divers will inspect the hull before the ship is towed to the yard at Brackwater.",
)
WIRE = Article(1, "Ferry strikes pier", " ".join(PARAGRAPHS), "wire", published=START)
LATER = START + timedelta(hours=2)


def detect_copies(*articles: Article) -> dict[int | str, int | str]:
    return {copy.article: copy.original for copy in find_copies(articles, SETTINGS)}


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
def test_text_with_another_title_is_a_copy(text: str) -> None:
    assert detect_copies(Article(2, "Shock on the lake", text, "daily", published=LATER), WIRE) == {
        2: 1
    }


def test_independent_report_is_not_a_copy() -> None:
    own = "Two hundred people were aboard when a boat hit the harbour wall; a dozen were hurt."
    assert (
        detect_copies(WIRE, Article(2, "Ferry strikes pier", own, "daily", published=LATER)) == {}
    )


def test_agency_is_the_original_even_if_later() -> None:
    wire = replace(WIRE, published=LATER, agency=True)
    assert detect_copies(replace(WIRE, id=2, published=START), wire) == {2: 1}


def test_original_is_never_a_copy() -> None:
    prints = [replace(WIRE, id=key, published=LATER) for key in (2, 3, 4)]
    assert detect_copies(WIRE, *prints) == {2: 1, 3: 1, 4: 1}


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
def test_copies_do_not_depend_on_input_order(articles, random) -> None:  # noqa: ANN001
    pairs = detect_copies(*articles)
    assert not set(pairs.values()) & set(pairs)
    assert detect_copies(*random.sample(articles, len(articles))) == pairs


def test_undated_articles_are_ordered_last() -> None:
    assert detect_copies(replace(WIRE, id=0, published=None), WIRE) == {0: 1}


def test_short_texts_are_never_copies() -> None:
    assert (
        detect_copies(
            Article(1, "Live updates", "Live now"), Article(2, "Live updates", "Live now")
        )
        == {}
    )


def test_equal_title_alone_is_not_a_copy() -> None:
    late = Article(2, WIRE.title, "Quite another account of what went wrong on the water.")
    assert detect_copies(WIRE, late) == {}


LONG = tuple(f"Passenger {at} of row {at * 7} recalled the {at} minutes before." for at in range(9))
SUMMARY = Article(
    5,
    "Ferry with two hundred people aboard strikes the pier at Lake Orlan and injures twelve",
    "The captain of the vessel told police that its engines had failed him.",
    "herald",
    published=LATER,
)


def test_summary_matches_within_the_long_text() -> None:
    """Feeds often carry a copy like this: one has the full text, the other one sentence."""
    text = " ".join(("Rescuers worked all night.", *PARAGRAPHS, *LONG))
    full = Article(1, "Ferry strikes pier at Lake Orlan", text, "wire", published=START)
    short = Article(
        2, "Ferry strikes pier at Lake Orlan, hurting 12", PARAGRAPHS[0], "daily", published=LATER
    )
    assert detect_copies(full, short) == {2: 1}


def test_similar_title_lowers_the_required_share() -> None:
    twin = replace(
        SUMMARY,
        id=6,
        title=SUMMARY.title + ", police say",
        text="Police said on Tuesday that the engines had failed.",
        outlet="daily",
        published=LATER + timedelta(hours=1),
    )
    assert detect_copies(SUMMARY, twin) == {6: 5}
    other = replace(twin, title="Engines fail: " + " ".join(SUMMARY.title.split()[:5]))
    assert detect_copies(SUMMARY, other) == {}


def test_shared_quotation_is_not_a_copy() -> None:
    said = (
        '"We did all that could be done for the people aboard the ferry and we will not rest now"'
    )
    one = Article(1, "Owner of ferry mourns", f"{said}, the owner wrote.", "daily", published=START)
    other = Article(2, "Anger at the lake", f"In a letter she said: {said}.", "herald")
    assert detect_copies(one, other) == {}
    assert (
        detect_copies(*(replace(each, text=each.text.replace('"', "")) for each in (one, other)))
        != {}
    )


APPENDED = (
    "Send your pictures and videos to the newsroom by email at any hour of the day or night. "
    "Our journalists read every message and will call you back if they have further questions. "
    "You can also leave a message on the answering machine of the editor on duty."
)


def test_appended_text_does_not_make_a_copy() -> None:
    titles = ("Member of parliament stabbed in church", "Singer urges fans to get vaccinated")
    leads = ("A lawmaker was killed at a meeting.", "A star speaks in favour of the jab.")
    texts = [f"{lead} {APPENDED}" for lead in leads]
    one, other = (
        Article(key, title, text, "daily", published=START + timedelta(hours=key))
        for key, (title, text) in enumerate(zip(titles, texts, strict=True))
    )
    assert detect_copies(one, other) == {}
    assert detect_copies(one, replace(other, outlet="herald")) == {}


def test_copy_may_have_a_title_without_a_word_of_the_text() -> None:
    own = Article(2, "Nightmare at sea", " ".join(PARAGRAPHS), "daily", published=LATER)
    assert detect_copies(own, WIRE) == {2: 1}


def test_original_is_in_the_story_of_its_copy() -> None:
    prints = [replace(WIRE, id=key, outlet=f"o{key}", published=LATER) for key in (2, 3, 4)]
    stories: dict[ArticleId, str] = {1: "a", 2: "a", 3: "b", 4: "b"}
    articles = [WIRE, *prints]
    found = find_copies(articles, SETTINGS, stories)
    assert {copy.article: copy.original for copy in found} == {2: 1, 4: 3}
    everywhere = find_copies(articles, SETTINGS)
    assert keep_within_stories(everywhere, articles, SETTINGS, stories) == found


def test_article_without_a_story_is_not_a_copy() -> None:
    own = replace(WIRE, id=2, outlet="daily", published=LATER)
    assert find_copies([WIRE, own], SETTINGS, {1: "a", 2: None}) == []


@given(PRINTS, st.randoms(use_true_random=False))
def test_copies_within_stories_do_not_depend_on_the_first_search(
    articles: list[Article], random: Random
) -> None:
    stories = {article.id: random.choice("ab") for article in articles}
    found = find_copies(articles, SETTINGS, stories)
    everywhere = find_copies(articles, SETTINGS)
    assert keep_within_stories(everywhere, articles, SETTINGS, stories) == found
    assert all(stories[copy.article] == stories[copy.original] for copy in found)


def test_versions_of_one_article_need_a_smaller_share() -> None:
    """Outlets that rewrite an article under a new address keep its date."""
    first = replace(WIRE, outlet="daily", text=" ".join(PARAGRAPHS[:3]))
    later = replace(first, id=2, text=" ".join((PARAGRAPHS[0], *LONG[:2])))
    assert detect_copies(first, later) == {2: 1}
    assert detect_copies(first, replace(later, published=LATER)) == {}
    day = START.replace(hour=0, minute=0, second=0, microsecond=0)
    assert detect_copies(replace(first, published=day), replace(later, published=day)) == {}


def test_reused_teaser_of_one_outlet_is_not_a_copy() -> None:
    title = "Inquiry into the ferry that hit the pier opens with questions for its owners and crew"
    again = replace(SUMMARY, id=6, title=title, published=LATER + timedelta(hours=1))
    assert detect_copies(SUMMARY, again) == {}
    assert detect_copies(SUMMARY, replace(again, title=SUMMARY.title)) == {6: 5}


def test_series_in_one_format_has_no_copies() -> None:
    puzzle = Article(
        1,
        "Small crossword of 3 May",
        "Our daily grid of five by five, easy for a short break.",
        "daily",
        published=START,
    )
    assert detect_copies(puzzle, replace(puzzle, id=2, published=START + timedelta(days=1))) == {}
    assert detect_copies(puzzle, replace(puzzle, id=2, outlet="herald", published=LATER)) == {2: 1}


def test_title_is_compared_without_text() -> None:
    title = PARAGRAPHS[0]
    assert detect_copies(Article(1, title, published=START), Article(2, title)) == {2: 1}


def test_many_identical_texts_are_not_quadratic() -> None:
    assert (
        len(detect_copies(*(replace(WIRE, id=key, outlet=f"o{key}") for key in range(400)))) == 399
    )


def test_common_shingle_yields_few_candidates() -> None:
    texts = [Shingles.from_article(replace(WIRE, id=key), 3) for key in range(100)]
    assert max(map(len, candidate_rows(texts, 256).values())) == 16


def test_empty_text_shares_nothing() -> None:
    some = Shingles.from_article(WIRE, 3)
    assert (
        overlap_coefficient(Shingles.empty(), some)
        == overlap_coefficient(some, Shingles.empty())
        == 0
    )
    assert candidate_rows([], 256) == {}
    assert candidate_rows([Shingles.empty(), Shingles.empty()], 256) == {}


def test_fully_quoted_shingle_has_half_weight() -> None:
    quoted = Shingles.from_article(Article(1, "", 'He said: "one two three four five" there.'), 3)
    assert (len(quoted), quoted.weight) == (6, 4.5)
    twice = Shingles.from_article(Article(1, "", '"one two three" and one two three'), 3)
    assert twice.weight == len(twice)


def test_word_spellings_are_normalized() -> None:
    assert normalized_words("U.S. caf&eacute;s") == normalized_words("US cafés")


def test_title_similarity_respects_word_order() -> None:
    assert title_similarity(list("abcd"), list("abxcd")) == pytest.approx(8 / 9)
    assert title_similarity(list("ab"), list("ba")) == 0.5
    assert title_similarity([], ["a"]) == 0
