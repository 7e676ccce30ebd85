"""Each match of a pattern contains one of its hints."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.articles import entries, type_evidence
from service.domain.text.phrases import Phrases
from service.ingest import admit

PHRASES = {
    name: value
    for module in (type_evidence, entries, admit)
    for name, value in vars(module).items()
    if isinstance(value, Phrases)
}


@pytest.mark.parametrize("name", PHRASES)
@given(data=st.data())
def test_hints_lose_no_match(name: str, data: st.DataObject) -> None:
    phrases = PHRASES[name]
    text = data.draw(st.from_regex(phrases.pattern))

    expected, found = phrases.pattern.search(text), phrases.search(text)
    assert found is not None
    assert expected is not None
    assert found.span() == expected.span()
    assert phrases.remove_from(text) == phrases.pattern.sub("", text)


def test_letters_that_match_i_are_hints_as_well() -> None:
    phrases = Phrases(re.compile("live", re.IGNORECASE), ("live",))

    assert all(phrases.search(text) for text in ("LIVE", "LİVE", "lıve"))
    assert phrases.search("love") is None
