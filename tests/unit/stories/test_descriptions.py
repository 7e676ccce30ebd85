from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from service.domain.articles.coverage import Coverage, count_coverage
from service.domain.articles.model import Article
from service.domain.pairs.features import Features, TokenisedArticles, window_vocabulary
from service.domain.stories.headline import choose_headline_article, title_penalty
from service.domain.stories.keywords import extract_keywords
from service.domain.stories.storylines import StoryProfiles, link_storylines
from service.settings.grouping import StorylineSettings
from tests.support.content.events import EVENTS, START, encoded, event_articles

SAGA = StorylineSettings(link=0.3, quorum=0.25, neighbours=5, span_days=150, max_component=50)


def test_the_most_central_title_is_the_headline() -> None:
    articles = event_articles(EVENTS[:1])
    odd = Article(9, "Something else entirely about gardens", "Roses and tulips.")
    assert choose_headline_article([odd, *articles], encoded([odd, *articles])).id in {0, 1, 2, 3}


@pytest.mark.parametrize(
    "title",
    [
        "FERRY COLLIDES WITH PIER IN LAKE ORLAN HARBOUR",
        "Ferry collides with pier – live updates",
        "Ferry live: twelve hurt in Lake Orlan harbour",
        "FERRY COLLIDES WITH PIER in LAKE ORLAN HARBOUR",
        "Ferry collides",
        "Ferry " * 40,
        "",
    ],
)
def test_titles_that_serve_badly_are_passed_over(title: str) -> None:
    bad = Article(1, title, EVENTS[0])
    good = Article(2, "Twelve hurt as ship strikes wall", "Unlike.")
    assert title_penalty(bad) > title_penalty(good) == 0
    assert choose_headline_article([bad, good], encoded([bad, good])) == good


def test_copies_are_passed_over_while_there_is_an_original() -> None:
    one, two = event_articles(each=2)[:2]
    assert choose_headline_article([one, two], encoded([one, two]), {one.id}) == two
    assert choose_headline_article([one], encoded([one]), {one.id}) == one


def test_even_a_live_blog_is_better_than_a_copy() -> None:
    blog = Article(1, "Ferry collides with pier – live updates", EVENTS[0])
    copy = Article(2, "Ferry collides with the pier of Orlan", EVENTS[0])
    assert choose_headline_article([blog, copy], encoded([blog, copy]), {copy.id}) == blog


def test_many_copies_do_not_make_their_original_central() -> None:
    odd = Article(9, "Something else entirely about gardens", "Roses and tulips.")
    told = event_articles(EVENTS[:1], each=3)
    copies = [replace(odd, id=key) for key in range(10, 20)]
    articles = [odd, *told, *copies]
    assert choose_headline_article(articles, encoded(articles), set(range(10, 20))) in told


def test_keywords_give_way_to_those_that_neighbours_lack() -> None:
    articles = event_articles(each=2)
    vocabulary = window_vocabulary(articles, encoded(articles))
    near = [Article(900 + key, "Lake Orlan ferry harbour", "") for key in range(4)]
    before, after = (
        extract_keywords(articles[:2], vocabulary, 4),
        extract_keywords(articles[:2], vocabulary, 4, near),
    )
    assert {"ferry", "Orlan"} & set(before)
    assert not {"ferry", "Orlan", "Lake", "harbour"} & set(after)


def test_keywords_set_a_story_apart() -> None:
    articles = event_articles()
    found = extract_keywords(articles[:4], window_vocabulary(articles, encoded(articles)))
    assert {"ferry", "Orlan", "pier"} & set(found)
    assert not {"outlet", "Witnesses", "with"} & set(found)
    assert len(found) == 6


def test_a_single_article_has_keywords_too() -> None:
    articles = event_articles()
    assert extract_keywords(articles[:1], window_vocabulary(articles, encoded(articles)), 3)


def test_words_of_the_whole_window_are_no_keywords() -> None:
    articles = event_articles(each=30)
    found = extract_keywords(articles[:30], window_vocabulary(articles, encoded(articles)), 50)
    assert "Witnesses" not in found


def test_coverage_counts_outlets_and_independent_ones() -> None:
    articles = [Article(key, "t", outlet=name) for key, name in enumerate("aabcd")]
    found = count_coverage(articles, copies={4}, families={"b": "owner", "c": "owner"})
    assert found == Coverage(outlets=4, independent=2)


def test_a_story_of_copies_has_one_source() -> None:
    assert count_coverage([Article(1, "t", outlet="a")], copies={1}) == Coverage(1, 1)
    assert count_coverage([Article(1, "t")]) == Coverage(0, 0)


def summaries(articles: list[Article], each: int) -> StoryProfiles:
    tokenised = TokenisedArticles.build(articles, encoded(articles))
    features = Features.build(tokenised, tokenised.build_vocabulary())
    members = [np.arange(at, at + each) for at in range(0, len(articles), each)]
    return StoryProfiles.of([f"s{at}" for at in range(len(members))], members, features)


def talks(number: int, day: int) -> Article:
    title = "Ministers of Karsia and Dorvath meet at Tessen for talks on border rivers"
    text = f"{title}. Round {number} of the talks."
    return Article(1000 + number, title, text, published=START + timedelta(days=day))


def test_stories_of_one_saga_are_linked_in_order() -> None:
    articles = [talks(2, 118), talks(1, 0), talks(3, 130), *event_articles(each=1)]
    assert link_storylines(summaries(articles, 1), SAGA) == [("s1", "s0", "s2")]


def test_stories_too_far_apart_are_not_linked() -> None:
    assert link_storylines(summaries([talks(1, 0), talks(2, 400)], 1), SAGA) == []


def test_undated_stories_come_last_in_their_saga() -> None:
    articles = [replace(talks(1, 0), published=None), talks(2, 5)]
    assert link_storylines(summaries(articles, 1), SAGA) == [("s1", "s0")]


def test_large_sagas_are_cut_by_time() -> None:
    few = replace(SAGA, max_component=2)
    found = link_storylines(summaries([talks(number, number) for number in range(4)], 1), few)
    assert found == [("s0", "s1"), ("s2", "s3")]


def test_no_stories_no_sagas() -> None:
    assert link_storylines(summaries([], 1), SAGA) == []


def test_articles_without_words_belong_to_no_saga() -> None:
    assert link_storylines(summaries([Article(1, ""), Article(2, "")], 1), SAGA) == []
