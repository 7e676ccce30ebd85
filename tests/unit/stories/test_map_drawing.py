"""Marks and labels of the map: apart from each other, inside the map."""

import math
from itertools import combinations

import numpy as np

from service.domain.stories.description import Details
from service.store.story_views.views import StoryView
from service.web.rendering.front_page.story_map import HEIGHT, WIDTH, StoryMap, draw_map
from tests.support.database.rows import NOW

HEADLINES = (
    "Ferry runs aground in fog off the northern coast, all passengers are taken to safety",
    "Школьница из Заречья выиграла шахматный турнир в Корвале",
    "嵐のため北の港が閉鎖され、乗客412人を乗せたフェリーが引き返す",
)


def story(number: int, headline: str = "") -> StoryView:
    return StoryView(
        id=str(number),
        slug="",
        state="open",
        merged_into=None,
        split_from=None,
        headline=headline or HEADLINES[number % 3],
        headline_report=None,
        keywords=(),
        emerged_at=NOW,
        changed_at=NOW,
        first_reported_at=NOW,
        last_reported_at=NOW,
        articles=2,
        coverage=1 + number % 30,
        independent=1,
        storyline=None,
        pinned=False,
        locked=False,
        renamed=False,
        details=Details(),
        reports=(),
    )


def crowded_map() -> StoryMap:
    stories = [story(number) for number in range(60)]
    places = np.random.default_rng(5).beta(3, 3, (60, 2)).tolist()
    return draw_map(
        stories, {each.id: tuple(place) for each, place in zip(stories, places, strict=True)}
    )


def test_marks_are_inside_the_map_and_hardly_overlap():
    marks = crowded_map().marks
    assert all(each.radius <= each.x <= WIDTH - each.radius for each in marks)
    assert all(each.radius <= each.y <= HEIGHT - each.radius for each in marks)
    overlaps = [
        one.radius + two.radius - math.dist((one.x, one.y), (two.x, two.y))
        for one, two in combinations(marks, 2)
    ]
    assert max(overlaps) < 2


def test_labels_are_cut_to_the_room_beside_their_marks():
    labels = [each.label for each in crowded_map().marks if each.label]
    assert 20 < len(labels) < 60
    assert any(label.text.endswith("…") for label in labels)
    assert max(len(label.text) for label in labels if label.text[0] == "嵐") <= 25


def test_the_ellipsis_of_a_text_from_right_to_left_is_at_its_end():
    long = "کشتی مسافربری با ۴۱۲ سرنشین در مه به گل نشست و همه مسافران نجات یافتند"
    [mark] = draw_map([story(1, long)], {"1": (0.5, 0.5)}).marks
    assert mark.label is not None
    assert mark.label.text.endswith("…\u200f")


def test_labels_end_with_whole_words():
    labels = [each.label.text for each in crowded_map().marks if each.label]
    cut = [each.rstrip("\u200f").removesuffix("…") for each in labels if "…" in each]
    spaced = [each for each in cut if " " in each]
    assert spaced
    for start in spaced:
        assert any(f"{headline} ".startswith((f"{start} ", f"{start},")) for headline in HEADLINES)
