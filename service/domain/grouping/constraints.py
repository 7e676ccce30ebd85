"""Editors' decisions about pairs of articles, which no grouping may break."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.domain.articles.model import ArticleId, id_key

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


@dataclass(frozen=True, slots=True)
class Standing:
    """A pair that a decision binds or parts, and the decision's number."""

    link: Link
    together: bool
    decision: int


def contradicted(standing: Iterable[Standing], wanted: Constraints) -> list[int]:
    """The decisions that forbid what is wanted, in order of their numbers; none if it fits.

    Bonds reach on: where a and b, and b and c, must be together, so must a and c. Of a chain of
    bonds, every decision that holds it together is named.
    """
    known = list(standing)
    bonds: dict[ArticleId, dict[ArticleId, int | None]] = {}
    for (one, other), decision in [
        *((each.link, each.decision) for each in known if each.together),
        *((link, None) for link in sorted(wanted.must_link, key=_link_key)),
    ]:
        bonds.setdefault(one, {}).setdefault(other, decision)
        bonds.setdefault(other, {}).setdefault(one, decision)
    bars: list[tuple[Link, int | None]] = [
        *((each.link, each.decision) for each in known if not each.together),
        *((link, None) for link in wanted.cannot_link),
    ]
    found: set[int | None] = set()
    for (one, other), decision in bars:
        if (chain := _chain(bonds, one, other)) is not None:
            found |= {decision, *chain}
    return sorted(number for number in found if number is not None)


def star(ids: Iterable[ArticleId]) -> frozenset[Link]:
    """The fewest bonds that hold these articles together: of the first with each other one."""
    first, *others = sorted(ids, key=id_key)
    return frozenset((first, other) for other in others)


def _chain(
    bonds: Mapping[ArticleId, Mapping[ArticleId, int | None]], one: ArticleId, other: ArticleId
) -> set[int | None] | None:
    """The decisions along a shortest chain of bonds between two articles; None if there is none."""
    came: dict[ArticleId, tuple[ArticleId, int | None] | None] = {one: None}
    waiting = deque([one])
    while waiting and other not in came:
        here = waiting.popleft()
        for following, decision in bonds.get(here, {}).items():
            if following not in came:
                came[following] = (here, decision)
                waiting.append(following)
    if other not in came:
        return None
    found: set[int | None] = set()
    step = came[other]
    while step is not None:
        found.add(step[1])
        step = came[step[0]]
    return found


def _link_key(link: Link) -> tuple[tuple[bool, ArticleId], tuple[bool, ArticleId]]:
    return id_key(link[0]), id_key(link[1])


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
