"""Patterns with hints: short texts that every match contains, which cost far less to search."""

import re
from functools import lru_cache


class Phrases:
    """A pattern and its `hints`; each match contains at least one hint.

    The hints of a pattern that ignores case are in lower case; `folded` marks a pattern
    of which only a part ignores case.
    """

    def __init__(
        self, pattern: re.Pattern[str], hints: tuple[str, ...], *, folded: bool = False
    ) -> None:
        self.pattern = pattern
        self._hints = hints
        self._ascii_hints = tuple(filter(str.isascii, hints))
        self._ignores_case = folded or bool(pattern.flags & re.IGNORECASE)

    def search(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Search the pattern in a text, from a position."""
        has_hint = self._has_hint(text[start:] if start else text)
        return self.pattern.search(text, start) if has_hint else None

    def remove_from(self, text: str) -> str:
        """Return a text without the matches of the pattern."""
        return self.pattern.sub("", text) if self._has_hint(text) else text

    def _has_hint(self, text: str) -> bool:
        if self._ignores_case:
            text = _fold(text)
        hints = self._ascii_hints if text.isascii() else self._hints
        return any(map(text.__contains__, hints))


@lru_cache(maxsize=16)  # one text is searched for the patterns of several types
def _fold(text: str) -> str:
    text = text.lower()
    if text.isascii():
        return text
    # These letters match "i" and "s" if case is ignored.
    return text.replace("i\u0307", "i").replace("ı", "i").replace("ſ", "s")
