"""Email address validation."""

import pytest

from service.domain.text.email_addresses import normalize_email
from service.errors import BadInputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reader@example.org", "reader@example.org"),
        ("  Reader+news@sub.example.org ", "Reader+news@sub.example.org"),
        ("reader@bücher.example", "reader@xn--bcher-kva.example"),
        ("reader@localhost", "reader@localhost"),
    ],
)
def test_valid_addresses_are_normalized(text: str, expected: str):
    assert normalize_email(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reader",
        "@example.org",
        "reader@",
        "reader@@example.org",
        "reader@example..org",
        "reader@-example.org",
        "a b@example.org",
        "reader@example.org\nBcc: all@example.org",
        "Name <reader@example.org>",
        "ридер@example.org",
        "r" * 65 + "@example.org",
        "r@" + "x" * 64 + ".example",
        "r@" + "x." * 130 + "example",
    ],
)
def test_invalid_address_raises_a_one_line_error(text: str):
    with pytest.raises(BadInputError) as caught:
        normalize_email(text)
    assert "\n" not in str(caught.value)
