"""Stories of one storyline stand together."""

from service.domain.stories.storyline_order import keep_storylines_together


def test_stories_follow_the_first_of_their_storyline() -> None:
    lines = {"a": 1, "b": None, "c": 2, "d": 1, "e": None, "f": 2}
    assert "".join(keep_storylines_together("abcdef", lines.get)) == "adbcfe"


def test_order_without_storylines_is_kept() -> None:
    assert keep_storylines_together([3, 1, 2], lambda _: None) == [3, 1, 2]
