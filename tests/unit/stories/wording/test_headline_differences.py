"""Words of a title that a headline does not have."""

import pytest

from service.domain.stories.wording.headline_differences import mark_differences


def marked(title: str, headline: str, language: str = "en") -> str:
    pieces = mark_differences(title, headline, language)
    assert "".join(each.text for each in pieces) == title
    return "".join(f"[{each.text}]" if each.differs else each.text for each in pieces)


@pytest.mark.parametrize(
    ("title", "headline", "language", "expected"),
    [
        ("Ferry runs aground", "Ferry runs aground", "en", "Ferry runs aground"),
        ("A ferry sinks offshore", "Ferry hits rock", "en", "A ferry [sinks offshore]"),
        ("Ferries, and: rocks!", "The ferry’s rock", "en", "[Ferries], and: rocks!"),
        ("Die Fähren liegen fest", "Fähre liegen fest", "de", "Die Fähren liegen fest"),
        ("首相が辞任を表明", "首相が辞任", "ja", "首相が辞任を[表明]"),
        ("", "Ferry", "en", ""),
    ],
)
def test_new_words_are_marked(title: str, headline: str, language: str, expected: str) -> None:
    assert marked(title, headline, language) == expected
