"""Tests of boilerplate detection: sentences that outlets repeat under titles about other things."""

from datetime import UTC, datetime, timedelta

from service.domain.articles.boilerplate import (
    cut,
    find_boilerplate,
    merge_spans,
    remove_boilerplate,
)
from service.domain.articles.copies import find_copies
from service.domain.articles.model import Article
from service.domain.grouping.window import group_window
from tests.support.content.events import encoded, merge_model, pair_model, story_settings

START = datetime(2026, 8, 14, 8, tzinfo=UTC)
PAYWALL = "Members can read this article in full. Please sign in or choose a plan to go on."
COOKIES = "Your browser blocks our cookies. Change the settings and load the page again."


def reports(*rows: tuple[str, str, str], lang: str = "en") -> list[Article]:
    """Articles of (outlet, title, text), two hours apart."""
    return [
        Article(f"a{at}", title, text, outlet, published=START + timedelta(hours=2 * at), lang=lang)
        for at, (outlet, title, text) in enumerate(rows)
    ]


def texts(articles: list[Article]) -> list[str]:
    """The texts without boilerplate."""
    return [article.text for article in remove_boilerplate(articles)]


def test_paywall_of_one_outlet_under_two_unrelated_titles() -> None:
    articles = reports(
        ("post", "Orchard owners expect a late harvest", PAYWALL),
        ("post", "Two swimmers rescued near the pier", f"Both are well. {PAYWALL}"),
    )

    assert texts(articles) == ["", "Both are well."]


def test_cookie_wall_of_several_outlets() -> None:
    titles = ["Chess club wins cup", "Bakery shuts after fire", "Owl returns to belfry"]
    articles = reports(*((f"o{at}", title, COOKIES) for at, title in enumerate(titles)))

    assert texts(articles) == ["", "", ""]


def test_one_sentence_in_two_outlets_is_not_enough() -> None:
    articles = reports(
        ("o1", "Chess club wins cup", COOKIES), ("o2", "Bakery shuts after fire", COOKIES)
    )

    assert texts(articles) == [COOKIES, COOKIES]


def test_line_that_repeats_the_title() -> None:
    titles = ["Tram line opens", "Tram fares rise", "Tram depot floods"]
    articles = reports(
        *(
            ("harbour-mail", title, f"More below. The article {title} was first on Harbour Mail.")
            for title in titles
        )
    )

    assert texts(articles) == ["", "", ""]


def test_outlet_that_repeats_the_sentence_of_another_one_cannot_remove_it() -> None:
    titles = ["Chess club wins cup", "Bakery shuts after fire", "Owl returns to belfry"]
    articles = reports(
        *(("copycat", title, COOKIES) for title in titles), ("o1", "Ferry fares rise", COOKIES)
    )

    assert texts(articles) == ["", "", "", COOKIES]


def test_template_with_addresses_names_and_numbers() -> None:
    rows = [
        ("forum", "A heron in my garden", "/u/ann", "3"),
        ("forum", "Which paint for boats?", "/u/some_body", "14"),
        ("forum", "Lost keys, main square", "/u/x1", "0"),
    ]
    articles = reports(
        *(
            (outlet, title, f"sent in by {user} to /r/quay [link] Votes: {votes}")
            for outlet, title, user, votes in rows
        )
    )

    assert texts(articles) == ["", "", ""]


def test_caption_and_one_word_lines() -> None:
    articles = reports(
        ("a", "Ferry aground off Skerry Point", "Comments"),
        ("a", "Mayor of Lindholm steps down", "Comments"),
        ("a", "Snow closes the northern pass", "The road is shut.\nComments"),
    )

    assert texts(articles) == ["", "", "The road is shut."]


def test_chinese_boilerplate() -> None:
    line = "欢迎下载本报客户端。"
    articles = reports(
        ("bao", "北城地铁新线开通", f"今早首班车发出。{line}"),
        ("bao", "台风逼近东部沿海", line),
        ("bao", "国家队晋级半决赛", line),
    )

    assert texts(articles) == ["今早首班车发出。", "", ""]


def test_function_word_shared_with_a_title_says_nothing() -> None:
    line = "Abonnez-vous à notre lettre pour lire chaque soir tous les articles."
    articles = reports(
        ("phare", "Les mouettes reviennent au port", line),
        ("phare", "Une pelle pour le maire", line),
        ("phare", "Trois chalutiers saisis", line),
        lang="fr",
    )

    assert texts(articles) == ["", "", ""]


def test_titles_of_short_korean_words() -> None:
    line = "기사 제보는 전화로 해 주세요."
    articles = reports(
        ("등대", "새 다리 개통", line),
        ("등대", "배추 값 올라", line),
        ("등대", "시장 선거 연기", line),
        lang="ko",
    )

    assert texts(articles) == ["", "", ""]


def test_updated_report_keeps_its_text() -> None:
    text = "A tremor of magnitude 6.1 shook Ardmoor on Friday. Two people were hurt."
    articles = reports(("a", "Tremor shakes Ardmoor", text), ("a", "Two hurt in Ardmoor", text))

    assert texts(articles) == [text, text]


def test_wire_report_in_many_outlets_keeps_its_text() -> None:
    text = "The Ardmoor dam was closed on Friday. Engineers found a crack in its eastern wall."
    titles = [
        "Ardmoor dam closed over crack",
        "Crack shuts dam at Ardmoor",
        "Engineers find crack in dam",
        "Ardmoor: dam wall cracked",
    ]
    articles = reports(*((f"o{at}", title, text) for at, title in enumerate(titles)))

    assert texts(articles) == [text] * 4


def test_lead_that_only_repeats_its_title_stays() -> None:
    titles = [f"{word} plant opens" for word in ("Steel", "Glass", "Paper", "Cement", "Battery")]
    articles = reports(*(("a", title, title) for title in titles))

    assert texts(articles) == titles


def test_boilerplate_creates_no_story_and_no_copy() -> None:
    titles = [
        "Orchard owners expect late harvest",
        "Two swimmers rescued near pier",
        "Library gains evening hours",
        "Quarry lorries banned from village",
    ]
    articles = reports(*(("post", title, f"{PAYWALL} {COOKIES}") for title in titles))
    cleaned = remove_boilerplate(articles)

    grouping = group_window(
        cleaned,
        encoded(cleaned),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
    )

    assert not find_copies(articles, story_settings().copies)
    assert not grouping.copies
    assert [len(group) for group in grouping.groups] == [1, 1, 1, 1]


def test_spans_are_sentences_of_the_text() -> None:
    articles = reports(
        ("post", "Orchard owners expect a late harvest", f"It froze. {PAYWALL}"),
        ("post", "Two swimmers rescued near the pier", PAYWALL),
    )

    spans = find_boilerplate(articles)[0]

    text = articles[0].text
    assert [text[start:end] for start, end in zip(spans[::2], spans[1::2], strict=True)] == [
        "Members can read this article in full.",
        "Please sign in or choose a plan to go on.",
    ]
    assert cut(text, spans) == "It froze."
    assert merge_spans(spans[:2], spans) == list(spans)
