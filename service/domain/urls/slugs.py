"""Slugs: readable parts of URLs."""

import re
import unicodedata

MAX_CHARACTERS = 70


def slugify(title: str) -> str:
    """Return a title as a URL part: letters and digits of any script, joined by hyphens.

    The result has at most `MAX_CHARACTERS` and may be empty.
    """
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", title).lower())
    joined = ""
    for word in words:
        longer = f"{joined}-{word}" if joined else word
        if len(longer) > MAX_CHARACTERS:
            break
        joined = longer
    return joined
