"""Readable parts of addresses."""

import re
import unicodedata

MAX_CHARACTERS = 70


def slug(title: str) -> str:
    """A title as part of a URL: letters and digits of any script, hyphens between; may be empty."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", title).lower())
    found = ""
    for word in words:
        longer = f"{found}-{word}" if found else word
        if len(longer) > MAX_CHARACTERS:
            break
        found = longer
    return found
