import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from service.domain.articles.model import Article, hours_since_epoch
from service.domain.articles.tokenization import undated_words
from service.domain.grouping.window import group_window
from service.domain.pairs import series
from tests.support.content.events import (
    EVENTS,
    START,
    encoded,
    merge_model,
    pair_model,
    story_settings,
)

MIDNIGHT = START.replace(hour=0)


def publish_repeatedly(title: str, every: float, times: int, text: str = "") -> list[Article]:
    """Articles of one outlet under one headline, `every` this many hours."""
    return [
        Article(row, title, text, "radio", published=MIDNIGHT + timedelta(hours=row * every))
        for row in range(times)
    ]


def count_instalments(articles: list[Article]) -> int:
    hours_of = np.array([hours_since_epoch(article.published) for article in articles])
    return int((series.detect_series(series.series_keys(articles), hours_of) != 0).sum())


def sizes(articles: list[Article]) -> list[int]:
    grouping = group_window(
        articles,
        encoded(articles),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
    )
    return [len(ids) for ids in grouping.groups]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("8/12: Evening News", "8/13: Evening News"),
        ("Quiz of 14 August", "Quiz of 3rd September"),
        ("Crossword No. 371, Friday", "Crossword No. 1,204, Sat"),
    ],
)
def test_undated_words_ignore_dates_and_numbers(one: str, other: str) -> None:
    assert undated_words(Article(1, one)) == undated_words(Article(2, other))


def test_headline_reused_after_a_day_is_a_series() -> None:
    assert count_instalments(publish_repeatedly("Open thread", every=24, times=3)) == 3


def test_updates_within_a_day_are_not_a_series() -> None:
    assert count_instalments(publish_repeatedly(EVENTS[0], every=4, times=4)) == 0


def test_series_needs_outlet_date_and_headline() -> None:
    daily = publish_repeatedly("Open thread", every=24, times=3)
    assert count_instalments([replace(each, outlet="") for each in daily]) == 0
    assert count_instalments([replace(each, published=None) for each in daily]) == 0
    assert count_instalments([replace(each, title="8/12") for each in daily]) == 0


def test_outlets_have_separate_series() -> None:
    daily = publish_repeatedly("Open thread", every=24, times=2)
    other = [replace(each, id=10 + row, outlet="tv") for row, each in enumerate(daily)]
    assert len(set(series.series_keys([*daily, *other]).tolist())) == 2


@pytest.mark.parametrize("text", ["", f"{EVENTS[3]}."])
def test_hourly_title_forms_at_most_one_story_per_day(text: str) -> None:
    assert (
        max(sizes(publish_repeatedly("Live: all the latest", every=1, times=168, text=text))) <= 24
    )


def test_hourly_title_with_other_texts_forms_at_most_one_story_per_day() -> None:
    chosen = random.Random(1)
    weather = [
        replace(page, text=f"Wind {chosen.randrange(40)} knots, {chosen.randrange(30)} degrees")
        for page in publish_repeatedly("Weather for the coast", every=1, times=168)
    ]
    assert max(sizes(weather)) <= 24


def test_daily_title_is_never_a_story() -> None:
    assert sizes(publish_repeatedly("Morning briefing", every=24, times=7)) == [1] * 7
