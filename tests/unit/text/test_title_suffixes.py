"""Removal of outlet names from titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.text.title_suffixes import strip_title_suffix

SIGNED = [
    ("Ferry runs aground near Orlan | NewsRadio 740 KXYZ", "Ferry runs aground near Orlan"),
    ("Ferry runs aground near Orlan - The Harbour Times", "Ferry runs aground near Orlan"),
    ("Ferry runs aground near Orlan – harbour.example", "Ferry runs aground near Orlan"),
    ("Un ferry encalla cerca de Orlan - Mundo - El Faro", "Un ferry encalla cerca de Orlan"),
    ("Паром сел на мель у Орлана | Вести Залива", "Паром сел на мель у Орлана"),
]
PLAIN = [
    "Ferry runs aground near Orlan",
    "Ferry runs aground near Orlan - what we know so far",
    "Ferry runs aground near Orlan – and nobody noticed",
    "Orlan ferry | Live",
    "Ferries - The Long Read",
    "Ferry-goers stranded in Orlan-on-Sea",
    "",
]


@pytest.mark.parametrize(("signed", "headline"), SIGNED)
def test_title_suffix_is_removed(signed: str, headline: str) -> None:
    assert strip_title_suffix(signed) == headline


@pytest.mark.parametrize("title", PLAIN)
def test_other_title_endings_are_unchanged(title: str) -> None:
    assert strip_title_suffix(title) == title


@given(st.text(max_size=200))
def test_only_the_end_of_a_title_is_removed(title: str) -> None:
    stripped = strip_title_suffix(title)
    assert title.strip().startswith(stripped)
    assert bool(stripped) == bool(title.strip())
