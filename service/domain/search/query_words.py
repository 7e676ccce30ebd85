"""What somebody who searches wrote: what they want, and what they do not."""

import re
from dataclasses import dataclass

_LEFT_OUT = re.compile(r'(?<!\S)-(?:"(?P<phrase>[^"]*)"|(?P<word>\S+))')


@dataclass(frozen=True, slots=True)
class WantedWords:
    """A search: `text` with quotes and `or` as written, and what was marked with a minus.

    They are kept apart because a word is looked up in several forms: any form of a wanted word
    will do, while of one that is to be left out none may be there.
    """

    text: str
    left_out: tuple[str, ...]  #: words, and phrases in quotes

    @property
    def told(self) -> str:
        """The wanted words as a text, for those who read meanings."""
        return " ".join(self.text.replace('"', " ").split())


def wanted_words(asked: str) -> WantedWords:
    """Read a search such as `ferry or tram "Orlan harbour" -strike`; never raises."""
    left_out = tuple(
        f'"{found["phrase"]}"' if found["phrase"] is not None else found["word"]
        for found in _LEFT_OUT.finditer(asked)
    )
    text = " ".join(_LEFT_OUT.sub(" ", asked).split())
    return WantedWords(text, tuple(each for each in left_out if any(map(str.isalnum, each))))
