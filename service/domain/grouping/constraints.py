"""Editors' constraints on pairs of articles: must-link and cannot-link."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.domain.articles.model import ArticleId, id_key

Link = tuple[ArticleId, ArticleId]


@dataclass(frozen=True, slots=True)
class Constraints:
    """Pairs of article ids that must, or must not, be in one story.

    Where they conflict, `cannot_link` takes precedence.
    """

    must_link: frozenset[Link] = frozenset()
    cannot_link: frozenset[Link] = frozenset()

    def must_link_rows(self, ids: Sequence[ArticleId]) -> list[tuple[int, int]]:
        """Rows of the given articles that must be together, sorted."""
        return _rows(self.must_link, ids)

    def cannot_link_rows(self, ids: Sequence[ArticleId]) -> set[tuple[int, int]]:
        """Rows of the given articles that must be apart, lower row first."""
        return set(_rows(self.cannot_link, ids))


#: No constraints.
NO_CONSTRAINTS = Constraints()


@dataclass(frozen=True, slots=True)
class ActiveConstraint:
    """A constraint on a pair of articles that has not been undone, and its decision's number."""

    link: Link
    together: bool  #: must-link if true, else cannot-link
    decision: int


def conflicting_decisions(active: Iterable[ActiveConstraint], new: Constraints) -> list[int]:
    """Numbers of the decisions that conflict with new constraints, sorted; empty without conflict.

    Must-link constraints are transitive: if a=b and b=c, then a=c. A conflict with such a chain
    returns every decision of the chain.
    """
    existing = list(active)
    must_links: dict[ArticleId, dict[ArticleId, int | None]] = {}
    for (one, other), decision in [
        *((each.link, each.decision) for each in existing if each.together),
        *((link, None) for link in sorted(new.must_link, key=lambda ids: [*map(id_key, ids)])),
    ]:
        must_links.setdefault(one, {}).setdefault(other, decision)
        must_links.setdefault(other, {}).setdefault(one, decision)
    cannot_links: list[tuple[Link, int | None]] = [
        *((each.link, each.decision) for each in existing if not each.together),
        *((link, None) for link in new.cannot_link),
    ]
    decisions: set[int | None] = set()
    for (one, other), decision in cannot_links:
        if (chain := _must_link_chain(must_links, one, other)) is not None:
            decisions |= {decision, *chain}
    return sorted(number for number in decisions if number is not None)


def star_links(ids: Iterable[ArticleId]) -> frozenset[Link]:
    """Link the first article to each other one: the fewest links that connect them all."""
    first, *others = sorted(ids, key=id_key)
    return frozenset((first, other) for other in others)


def merge_linked_rows(
    rows: int, must_link: Iterable[tuple[int, int]], cannot_link: set[tuple[int, int]]
) -> list[list[int]]:
    """Merge linked rows into units, every row in one.

    A link that would put two cannot-link rows into one unit is ignored.
    """
    unit_of = {row: [row] for row in range(rows)}
    apart = symmetric_links(cannot_link)
    for first, second in sorted(must_link):
        small, large = sorted((unit_of[first], unit_of[second]), key=len)
        # Only the smaller unit is searched, so that many duplicates do not take quadratic time.
        conflicts = (row for member in small for row in apart.get(member, ()))
        if small is large or any(unit_of[row] is large for row in conflicts):
            continue
        large.extend(small)
        unit_of.update(dict.fromkeys(small, large))
    units = {id(unit): unit for unit in unit_of.values()}
    return sorted(sorted(unit) for unit in units.values())


def symmetric_links(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """The rows that each row is paired with, in either order."""
    linked: dict[int, set[int]] = {}
    for first, second in pairs:
        linked.setdefault(first, set()).add(second)
        linked.setdefault(second, set()).add(first)
    return linked


def _must_link_chain(
    must_links: Mapping[ArticleId, Mapping[ArticleId, int | None]],
    one: ArticleId,
    other: ArticleId,
) -> set[int | None] | None:
    """Decisions along a shortest chain of links between two articles; None without a chain."""
    previous: dict[ArticleId, tuple[ArticleId, int | None] | None] = {one: None}
    queue = deque([one])
    while queue and other not in previous:
        article = queue.popleft()
        for neighbour, decision in must_links.get(article, {}).items():
            if neighbour not in previous:
                previous[neighbour] = (article, decision)
                queue.append(neighbour)
    if other not in previous:
        return None
    decisions: set[int | None] = set()
    step = previous[other]
    while step is not None:
        decisions.add(step[1])
        step = previous[step[0]]
    return decisions


def _rows(links: frozenset[Link], ids: Sequence[ArticleId]) -> list[tuple[int, int]]:
    row_of = {article_id: row for row, article_id in enumerate(ids)}
    inside = [(row_of[a], row_of[b]) for a, b in links if a in row_of and b in row_of and a != b]
    return sorted((min(pair), max(pair)) for pair in inside)
