"""Editors' decisions about pairs of articles, which no grouping may break."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.domain.articles import ArticleId

Link = tuple[ArticleId, ArticleId]


@dataclass(frozen=True, slots=True)
class Constraints:
    """Pairs of article ids that must, or must not, be in one story.

    Where they contradict each other, `cannot_link` wins.
    """

    must_link: frozenset[Link] = frozenset()
    cannot_link: frozenset[Link] = frozenset()

    def bonds(self, ids: Sequence[ArticleId]) -> list[tuple[int, int]]:
        """Rows of the given articles that must be together, sorted."""
        return _rows(self.must_link, ids)

    def bars(self, ids: Sequence[ArticleId]) -> set[tuple[int, int]]:
        """Rows of the given articles that must be apart, lower row first."""
        return set(_rows(self.cannot_link, ids))


#: Nobody decided anything.
NONE = Constraints()


def bonded(
    rows: int, bonds: Iterable[tuple[int, int]], bars: set[tuple[int, int]]
) -> list[list[int]]:
    """Rows joined by bonds into units, every row in one; a bond that would join a bar is dropped."""
    unit_of = {row: [row] for row in range(rows)}
    apart = both_ways(bars)
    for first, second in sorted(bonds):
        small, large = sorted((unit_of[first], unit_of[second]), key=len)
        if small is large or _barred(small, large, unit_of, apart):
            continue
        large.extend(small)
        unit_of.update(dict.fromkeys(small, large))
    units = {id(unit): unit for unit in unit_of.values()}
    return sorted(sorted(unit) for unit in units.values())


def both_ways(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """The rows that each row is paired with."""
    found: dict[int, set[int]] = {}
    for first, second in pairs:
        found.setdefault(first, set()).add(second)
        found.setdefault(second, set()).add(first)
    return found


def _barred(
    small: list[int], large: list[int], unit_of: dict[int, list[int]], apart: dict[int, set[int]]
) -> bool:
    """Looks through the smaller unit alone, so that many twins take no quadratic time."""
    foes = (foe for row in small for foe in apart.get(row, ()))
    return any(unit_of[foe] is large for foe in foes)


def _rows(links: frozenset[Link], ids: Sequence[ArticleId]) -> list[tuple[int, int]]:
    row_of = {article_id: row for row, article_id in enumerate(ids)}
    here = [(row_of[a], row_of[b]) for a, b in links if a in row_of and b in row_of and a != b]
    return sorted((min(pair), max(pair)) for pair in here)
