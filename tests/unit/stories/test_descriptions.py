"""Tests of headline, keywords, coverage and storylines."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from service.domain.articles.article_types import ArticleType
from service.domain.articles.coverage import Coverage, count_coverage
from service.domain.articles.model import Article, Vectors
from service.domain.pairs.features import Features, TokenisedArticles, window_vocabulary
from service.domain.stories.ranking import compute_rank
from service.domain.stories.storylines import StoryProfiles, link_storylines
from service.domain.stories.wording.headline import (
    choose_headline_article,
    is_plain_report,
    title_penalty,
)
from service.domain.stories.wording.keywords import extract_keywords
from service.settings.sections.grouping import StorylineSettings
from tests.support.content.events import EVENTS, START, encoded, event_articles

SAGA = StorylineSettings(link=0.3, quorum=0.25, neighbours=5, span_days=150, max_component=50)


def at(hours: int) -> datetime:
    """A time some hours after the first report."""
    return START + timedelta(hours=hours)


def test_most_central_title_is_the_headline() -> None:
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
def test_unsuitable_titles_are_not_chosen(title: str) -> None:
    bad = Article(1, title, EVENTS[0])
    good = Article(2, "Twelve hurt as ship strikes wall", "Unlike.")
    assert title_penalty(bad) > title_penalty(good) == 0
    assert choose_headline_article([bad, good], encoded([bad, good])) == good


def test_copies_are_chosen_only_without_an_original() -> None:
    one, two = event_articles(each=2)[:2]
    assert choose_headline_article([one, two], encoded([one, two]), {one.id}) == two
    assert choose_headline_article([one], encoded([one]), {one.id}) == one


def test_plain_title_of_a_copy_is_preferred_to_a_live_blog() -> None:
    blog = Article(1, "Ferry collides with pier – live updates", EVENTS[0])
    copy = Article(2, "Ferry collides with the pier of Orlan", EVENTS[0])
    assert choose_headline_article([blog, copy], encoded([blog, copy]), {copy.id}) == copy


def test_headline_comes_from_a_report_if_there_is_one() -> None:
    central, copy = event_articles(EVENTS[:1], each=2)[:2]
    for kind in ArticleType:
        other = replace(central, type=kind)
        chosen = choose_headline_article([other, copy], encoded([other, copy]), {copy.id})
        assert (chosen == copy) == (kind is not ArticleType.REPORT)
    satire, live = replace(central, type=ArticleType.SATIRE), replace(copy, type=ArticleType.LIVE)
    assert choose_headline_article([satire, live], encoded([satire, live])) == live


def test_headline_has_the_latest_toll_although_the_first_report_is_more_central() -> None:
    first = Article(
        1, "At least 8 dead in flash flood in the valley of Orlan", EVENTS[0], published=START
    )
    others = [
        Article(2, "Flash flood in Orlan kills 21 in the valley", EVENTS[0], published=at(5)),
        Article(3, "Death toll of the Orlan flood reaches 57", EVENTS[0], published=at(9)),
        Article(4, "Orlan flood toll 171 as neighbours send help", EVENTS[0], published=at(30)),
    ]
    articles = [first, *others]
    assert choose_headline_article(articles, encoded(articles)) == others[-1]


def test_copies_do_not_add_centrality() -> None:
    odd = Article(9, "Something else entirely about gardens", "Roses and tulips.")
    reports = event_articles(EVENTS[:1], each=3)
    copies = [replace(odd, id=key) for key in range(10, 20)]
    articles = [odd, *reports, *copies]
    assert choose_headline_article(articles, encoded(articles), set(range(10, 20))) in reports


def test_keywords_common_in_neighbours_are_demoted() -> None:
    articles = event_articles(each=2)
    vocabulary = window_vocabulary(articles, encoded(articles))
    near = [Article(900 + key, "Lake Orlan ferry harbour", "") for key in range(4)]
    before, after = (
        extract_keywords(articles[:2], vocabulary, 4),
        extract_keywords(articles[:2], vocabulary, 4, near),
    )
    assert {"ferry", "Orlan"} & set(before)
    assert not {"ferry", "Orlan", "Lake", "harbour"} & set(after)


def test_keywords_distinguish_a_story_from_its_window() -> None:
    articles = event_articles()
    result = extract_keywords(articles[:4], window_vocabulary(articles, encoded(articles)))
    assert {"ferry", "Orlan", "pier"} & set(result)
    assert not {"outlet", "Witnesses", "with"} & set(result)
    assert len(result) == 6


def test_story_of_one_article_has_keywords() -> None:
    articles = event_articles()
    assert extract_keywords(articles[:1], window_vocabulary(articles, encoded(articles)), 3)


def test_words_common_in_the_window_are_no_keywords() -> None:
    articles = event_articles(each=30)
    result = extract_keywords(articles[:30], window_vocabulary(articles, encoded(articles)), 50)
    assert "Witnesses" not in result


def test_coverage_counts_outlets_and_independent_outlets() -> None:
    articles = [Article(key, "t", outlet=name) for key, name in enumerate("aabcd")]
    result = count_coverage(articles, copies={4}, families={"b": "owner", "c": "owner"})
    assert result == Coverage(outlets=4, independent=2)


def test_story_of_copies_has_one_independent_outlet() -> None:
    assert count_coverage([Article(1, "t", outlet="a")], copies={1}) == Coverage(1, 1)
    assert count_coverage([Article(1, "t")]) == Coverage(0, 0)


def test_only_reports_are_independent_coverage() -> None:
    others = [
        Article(number, "t", outlet=f"o{number}", type=kind)
        for number, kind in enumerate(ArticleType)
        if kind is not ArticleType.REPORT
    ]
    assert count_coverage(others) == Coverage(len(others), 0)
    assert count_coverage([*others, Article(9, "t", outlet="a")]) == Coverage(len(others) + 1, 1)
    assert compute_rank(0, START).total == compute_rank(1, START).total


def profiles(articles: list[Article], each: int) -> StoryProfiles:
    tokenised = TokenisedArticles.build(articles, encoded(articles))
    features = Features.build(tokenised, tokenised.build_vocabulary())
    members = [np.arange(at, at + each) for at in range(0, len(articles), each)]
    return StoryProfiles.from_features([f"s{at}" for at in range(len(members))], members, features)


def talks(number: int, day: int) -> Article:
    title = "Ministers of Karsia and Dorvath meet at Tessen for talks on border rivers"
    text = f"{title}. Round {number} of the talks."
    return Article(1000 + number, title, text, published=START + timedelta(days=day))


def test_stories_of_one_saga_are_linked_in_time_order() -> None:
    articles = [talks(2, 118), talks(1, 0), talks(3, 130), *event_articles(each=1)]
    assert link_storylines(profiles(articles, 1), SAGA) == [("s1", "s0", "s2")]


def test_stories_beyond_the_time_span_are_not_linked() -> None:
    assert link_storylines(profiles([talks(1, 0), talks(2, 400)], 1), SAGA) == []


def test_undated_stories_come_last_in_their_storyline() -> None:
    articles = [replace(talks(1, 0), published=None), talks(2, 5)]
    assert link_storylines(profiles(articles, 1), SAGA) == [("s1", "s0")]


def test_large_storylines_are_split_by_time() -> None:
    few = replace(SAGA, max_component=2)
    result = link_storylines(profiles([talks(number, number) for number in range(4)], 1), few)
    assert result == [("s0", "s1"), ("s2", "s3")]


def test_no_stories_give_no_storylines() -> None:
    assert link_storylines(profiles([], 1), SAGA) == []


def test_articles_without_words_join_no_storyline() -> None:
    assert link_storylines(profiles([Article(1, ""), Article(2, "")], 1), SAGA) == []


def test_headline_has_the_name_that_all_reports_have() -> None:
    text = "Anna Pell opened the new ferry line of Orlan on Monday. Anna Pell smiled."
    named = Article(2, "Anna Pell opens the new ferry line", text)
    withheld = Article(1, "Mayor, 44, opens the new ferry line in Orlan", text)
    assert choose_headline_article([withheld, named], encoded([named, named])) == named


def test_column_is_not_the_headline() -> None:
    column = Article(1, "Harper: Twelve hurt as ferry strikes pier", EVENTS[0])
    place = Article(2, "Orlan: Twelve hurt as ferry strikes pier", EVENTS[0])
    assert choose_headline_article([column, place], encoded([place, place])) == place


def test_plain_title_of_a_video_is_preferred_to_a_feature() -> None:
    video = Article(1, "Ferry hits pier in Orlan harbour", type=ArticleType.MEDIA)
    feature = Article(2, "Biggest moments of the Orlan ferry hearing")
    assert title_penalty(Article(3, video.title)) < title_penalty(video) < title_penalty(feature)


def test_title_in_words_of_other_reports_is_preferred() -> None:
    lead = "The captain of the ferry was suspended for eight weeks on Monday."
    vague = Article(1, "Ferry captain gets a heavy punishment", lead, outlet="a")
    plain = Article(2, "Ferry captain suspended for eight weeks", lead, outlet="b")
    other = Article(3, "Orlan: sailor barred from the bridge", lead, outlet="c")
    story = [vague, plain, other]
    same = Vectors("m", np.tile(np.array([1, 0], dtype=np.float32), (3, 1)))
    assert choose_headline_article(story, same) == plain


@pytest.mark.parametrize(
    ("title", "heavier"),
    [
        ("Boats race in the harbour of Orlan. Here's what to know", "What to know about the race"),
        ("'We beat ourselves.' Orlan loses its final boat race", "Orlan loses its final boat race"),
        ("'Heavy damage' in Orlan after storm hits harbour", "Storm hits harbour of Orlan"),
        ("Poll on whether Orlan wants a new harbour", "Most of Orlan wants a new harbour"),
    ],
)
def test_slight_flaws_of_titles(title: str, heavier: str) -> None:
    flawed = title_penalty(Article(1, title))
    assert 0 < flawed < 8
    assert flawed != title_penalty(Article(2, heavier))


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Mayor reveals exact number of ferry passengers"),
        ("en", "Mayor melts down over ferry collision"),
        ("de", "Fähre im Hafen: Was wir wissen"),
        ("fr", "Ce que l'on sait du ferry d'Orlan"),
        ("es", "Lo que se sabe del ferry de Orlan"),
        ("ru", "Авария парома: что известно"),
        ("tr", "İşte Orlan'daki feribot kazası"),
        ("ar", "القصة الكاملة لعبّارة أورلان"),
        ("zh", "一文看懂奥兰港渡轮事故"),
        ("ja", "オルラン港のフェリー事故とは"),
    ],
)
def test_features_and_judgements_are_not_plain(language: str, title: str) -> None:
    assert not is_plain_report(Article(1, title, lang=language))


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("de", "Fähre rammt Mole im Hafen von Orlan"),
        ("ru", "Паром столкнулся с причалом в порту Орлана"),
        ("ar", "عبّارة تصطدم برصيف ميناء أورلان"),
        ("zh", "一艘渡轮在奥兰港撞上码头"),
        ("ja", "オルラン港でフェリーが桟橋に衝突"),
    ],
)
def test_reports_in_other_languages_are_plain(language: str, title: str) -> None:
    assert title_penalty(Article(1, title, lang=language)) == 0


def test_word_without_letters_is_none() -> None:
    """A kashida that stands alone has no letters once it is normalized."""
    articles = [Article(key, "ـ كتاب", "ـــ كتاب", outlet=f"o{key}") for key in range(2)]
    assert choose_headline_article(articles, encoded(articles)).id in {0, 1}
