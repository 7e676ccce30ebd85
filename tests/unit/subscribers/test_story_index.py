"""The index of stories finds at least the stories that a comparison with each story finds."""

import pytest

from service.domain.subscribers.digests.stories import SummarySentence
from service.domain.subscribers.story_index import IndexField, StoryIndex
from tests.support.content.digest_stories import report, story

STORIES = [
    story("Ferry Halcyon aground", [report("daily", "Ferries stop", country="FR")], id="ferry"),
    story("Rates rise", ["sun"], id="rates", storyline="L1"),
    story(
        "Storm",
        ["sun"],
        id="storm",
        parts=(story("Flood", ["sun"], summary=(SummarySentence("A dam broke.", "Sun"),)),),
    ),
]


@pytest.mark.parametrize(
    ("field", "phrase", "expected"),
    [
        (IndexField.WORDS, "ferry", ["ferry"]),
        (IndexField.WORDS, "halcyon aground", ["ferry"]),
        (IndexField.WORDS, "dam", []),
    ],
)
def test_phrases(field: IndexField, phrase: str, expected: list[str]):
    index = StoryIndex(STORIES)
    found = index.with_phrases(field, frozenset({phrase}))
    assert [index.stories[position].id for position in sorted(found)] == expected


@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        (IndexField.OUTLETS, ["sun", "other"], {1, 2}),
        (IndexField.COUNTRIES, ["FR"], {0}),
        (IndexField.STORYLINES, ["L1"], {1}),
        (IndexField.STORYLINES, [], set()),
    ],
)
def test_values(field: IndexField, values: list[str], expected: set[int]):
    assert StoryIndex(STORIES).having(field, values) == expected
