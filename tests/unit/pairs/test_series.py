import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from service.domain.articles.model import Article, hours_since_epoch
from service.domain.articles.tokenization import undated_words
from service.domain.grouping.window import group_window
from service.domain.pairs import series
from tests.support.content.events import EVENTS, START, encoded, pair_model, story_settings

MIDNIGHT = START.replace(hour=0)


def printed(title: str, every: float, times: int, text: str = "") -> list[Article]:
    """One outlet's articles under one headline, `every` so many hours."""
    return [
        Article(row, title, text, "radio", published=MIDNIGHT + timedelta(hours=row * every))
        for row in range(times)
    ]


def instalments_among(articles: list[Article]) -> int:
    moments = np.array([hours_since_epoch(article.published) for article in articles])
    return int((series.detect_series(series.series_keys(articles), moments) != 0).sum())


def sizes(articles: list[Article]) -> list[int]:
    found = group_window(articles, encoded(articles), model=pair_model(), settings=story_settings())
    return [len(ids) for ids in found.groups]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("8/12: Evening News", "8/13: Evening News"),
        ("Quiz of 14 August", "Quiz of 3rd September"),
        ("Crossword No. 371, Friday", "Crossword No. 1,204, Sat"),
    ],
)
def test_dates_and_numbers_do_not_tell_headlines_apart(one: str, other: str) -> None:
    assert undated_words(Article(1, one)) == undated_words(Article(2, other))


def test_a_headline_used_again_a_day_later_names_a_series() -> None:
    assert instalments_among(printed("Open thread", every=24, times=3)) == 3


def test_updates_within_a_day_are_no_series() -> None:
    assert instalments_among(printed(EVENTS[0], every=4, times=4)) == 0


def test_without_outlet_date_or_headline_there_is_no_series() -> None:
    daily = printed("Open thread", every=24, times=3)
    assert instalments_among([replace(each, outlet="") for each in daily]) == 0
    assert instalments_among([replace(each, published=None) for each in daily]) == 0
    assert instalments_among([replace(each, title="8/12") for each in daily]) == 0


def test_two_outlets_have_two_series() -> None:
    daily = printed("Open thread", every=24, times=2)
    other = [replace(each, id=10 + row, outlet="tv") for row, each in enumerate(daily)]
    assert len(set(series.series_keys([*daily, *other]).tolist())) == 2


@pytest.mark.parametrize("text", ["", f"{EVENTS[3]}."])
def test_a_title_every_hour_is_a_story_a_day_at_most(text: str) -> None:
    assert max(sizes(printed("Live: all the latest", every=1, times=168, text=text))) <= 24


def test_a_title_every_hour_over_other_words_is_a_story_a_day_at_most() -> None:
    chosen = random.Random(1)
    weather = [
        replace(page, text=f"Wind {chosen.randrange(40)} knots, {chosen.randrange(30)} degrees")
        for page in printed("Weather for the coast", every=1, times=168)
    ]
    assert max(sizes(weather)) <= 24


def test_a_daily_quiz_is_never_a_story() -> None:
    assert sizes(printed("Morning briefing", every=24, times=7)) == [1] * 7
