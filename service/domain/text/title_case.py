"""Title case: texts in which nearly every word starts with a capital letter."""

from collections.abc import Sequence

#: A text with more than this share of capitalised long words is in title case.
_SHARE = 0.7
_LONG_WORD = 4
_MIN_LONG_WORDS = 3


def is_in_title_case(words: Sequence[str]) -> bool:
    """Whether most long words of a title or sentence are capitalised, so capitals mark no name.

    The first word does not count, because it is always capitalised.
    """
    long = [word for word in words[1:] if len(word) >= _LONG_WORD and word[0].isalpha()]
    capitalised = sum(word[0].isupper() for word in long)
    return len(long) >= _MIN_LONG_WORDS and capitalised > _SHARE * len(long)
