"""The known name that is most similar to a mistyped one."""

from collections.abc import Mapping
from difflib import SequenceMatcher


def find_nearest(text: str, known: Mapping[str, str]) -> str:
    """Return the key that is most similar by itself or by its display name, in any case.

    `known` maps keys to display names. Without keys, the result is "".
    """
    matcher = SequenceMatcher(None, "", text.casefold())
    best, best_ratio = "", -1.0
    for key in sorted(known):
        for each in (key, known[key]):
            matcher.set_seq1(each.casefold())
            # The quick ratios are upper bounds: most names need no full comparison.
            if matcher.real_quick_ratio() > best_ratio and matcher.quick_ratio() > best_ratio:
                best, best_ratio = max((best, best_ratio), (key, matcher.ratio()), key=_ratio)
    return best


def suggest(text: str, known: Mapping[str, str]) -> str:
    """Return a hint such as `did you mean GB (United Kingdom)?`; "" without keys."""
    nearest = find_nearest(text, known)
    if not nearest:
        return ""
    name = known[nearest]
    return f"did you mean {nearest}{f' ({name})' if name not in {'', nearest} else ''}?"


def _ratio(candidate: tuple[str, float]) -> float:
    return candidate[1]
