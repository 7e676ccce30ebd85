import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.text.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One thing. Another thing! A third?", ["One thing.", "Another thing!", "A third?"]),
        ("Dr. Ames met Sen. Bole at 5 p.m. in the hall. They talked.", 2),
        ("The U.S. Navy left. It returned.", 2),
        ("He lives in the U.S. The ship left.", 2),
        ("They met at 5 p.m. Police came later.", 2),
        ("J. R. Pell and W. H. Oster signed it.", 1),
        ("It cost $1.5 million, i.e. a lot. Nobody paid.", 2),
        ('"We won." She smiled. “Never again.” He left.', 4),
        ("Acme Inc. bought Boro Ltd. for cash. The end.", 2),
        ("Er kam am 25. April nach Moskau. Dann ging er.", 2),
        ("Минэнерго сообщило об аварии. Работы идут.", 2),
        ("ماذا حدث؟ وقع زلزال.", 2),
        ("发生了地震。没有人受伤。", 2),
        ("No. 10 was quiet. Nobody came.", 2),
        ("First line\nSecond line.", ["First line", "Second line."]),
        ("It went on ... and on. Then it ended.", 2),
        ("", 0),
        (" \n ", 0),
    ],
)
def test_sentence_boundaries(text: str, expected: list[str] | int) -> None:
    sentences = [sentence.text for sentence in split_sentences(text)]
    assert (sentences if isinstance(expected, list) else len(sentences)) == expected


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("It ended.", True),
        ("Did it end?", True),
        ('"It ended."', True),
        ("It was about to…", False),
        ("It was about to...", False),
        ("It was about to", False),
        ("It was about to [...]", False),
        ("结束了。", True),
    ],
)
def test_truncated_sentence_is_not_complete(text: str, whole: bool) -> None:  # noqa: FBT001
    assert [sentence.complete for sentence in split_sentences(text)] == [whole]


@given(st.text(alphabet="Ab .!?…\n\"'”。U.S", max_size=80))
def test_sentences_cover_the_text_unchanged(text: str) -> None:
    sentences = split_sentences(text)
    at = 0
    for sentence in sentences:
        at = text.index(sentence.text, at) + len(sentence.text)
    letters = "".join("".join(sentence.text.split()) for sentence in sentences)
    assert letters == "".join(text.split())
