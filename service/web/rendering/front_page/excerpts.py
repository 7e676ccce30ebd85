"""Starts of sentences that fit in lines, cut at the ends of words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from unicodedata import east_asian_width

#: English articles, prepositions and pronouns at the end of a text.
_SHORT_WORDS = re.compile(
    r"([ ,;:–-]+(a|an|and|as|at|but|by|for|from|her|his|in|into|is|it|its|of|on|or|that|the|their|"
    r"to|was|were|which|who|with))+$"
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The start of a text, in parts: each place shows as many parts as it has room for."""

    parts: tuple[str, ...]  #: not empty, except for an empty text
    is_cut: bool  #: more text follows


def split_excerpt(text: str, columns: Sequence[int]) -> Excerpt:
    """Split a text after each number of `columns`, in ascending order.

    East Asian wide characters have two columns.
    """
    line = " ".join(text.split())
    ends = [0, *(_fitting(line, each) for each in columns)]
    parts = [line[start:end] for start, end in pairwise(ends)]
    return Excerpt(tuple(filter(None, parts)), ends[-1] < len(line))


def _fitting(line: str, columns: int) -> int:
    """Number of characters that fit, without a part of a word or punctuation at the end.

    A text without a space in the second half, such as a Chinese one, is cut after any character.
    """
    widths = (2 if east_asian_width(each) in {"W", "F"} else 1 for each in line)
    count = sum(width <= columns for width in accumulate(widths))
    if count == len(line):
        return count
    end = line.rfind(" ", count // 2, count + 1)
    start = line[: end if end > 0 else count].rstrip(" ,;:–-")
    # "mistook a transformer for a" ends better with its noun.
    shorter = _SHORT_WORDS.sub("", start)
    return len(shorter if len(shorter) > count // 2 else start)
