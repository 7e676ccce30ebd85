"""Patterns with hints: short texts that every match contains, which cost far less to search."""

import re


class Phrases:
    """A pattern and its `hints`; each match contains at least one hint.

    The hints of a pattern that ignores case are in lower case.
    """

    def __init__(self, pattern: re.Pattern[str], hints: tuple[str, ...]) -> None:
        self.pattern = pattern
        self._hints = hints
        self._ignores_case = bool(pattern.flags & re.IGNORECASE)

    def search(self, text: str) -> re.Match[str] | None:
        """Search the pattern in a text."""
        return self.pattern.search(text) if self._has_hint(text) else None

    def remove_from(self, text: str) -> str:
        """Return a text without the matches of the pattern."""
        return self.pattern.sub("", text) if self._has_hint(text) else text

    def _has_hint(self, text: str) -> bool:
        if self._ignores_case:
            text = text.lower()
            if not text.isascii():
                # These letters match "i" if case is ignored.
                text = text.replace("i\u0307", "i").replace("ı", "i")
        return any(map(text.__contains__, self._hints))
