"""Names and numbers that two articles share."""

import pytest

from service.domain.stories.wording.shared_words import SharedWords, find_shared_words

FERRY = (
    "Ferry strikes Orlan pier",
    "A ferry with 412 people struck the pier of Orlan in 2023, says Petra Vane.",
)


@pytest.mark.parametrize(
    ("other", "names", "numbers"),
    [
        (("412 taken off ferry", "It hit a pier in Orlan."), ("Orlan",), ("412",)),
        (("Petra: ferry was late", "Nobody saw Orlan in 2023."), ("Orlan", "Petra"), ()),
        (("Petra Vane Blames Fog At Orlan", ""), ("Orlan", "Petra"), ()),
        (("A Ferry Was Late Today", "Nobody was hurt."), (), ()),
        (("ferry in orlan", "412.5 metres"), (), ()),
    ],
)
def test_shared_names_and_numbers(
    other: tuple[str, str], names: tuple[str, ...], numbers: tuple[str, ...]
) -> None:
    assert find_shared_words(FERRY, other) == SharedWords(names, numbers)


def test_names_have_the_spelling_of_the_first_article() -> None:
    shared = find_shared_words(
        ("Talks end", "He met Syria's minister."), ("Talks in Syria end", "")
    )
    assert shared.names == ("Syria",)
    turkish = find_shared_words(("The Turkish army leaves", ""), ("The army of Turkey leaves", ""))
    assert turkish.names == ("Turkish",)
