"""Merge features of many pairs of groups: scores between them, names, outlets and hours."""

import numpy as np

from service.domain.articles.model import Floats, Rows
from service.domain.merges.group_pairs import GroupPairs, row_products
from service.domain.merges.units import Matrix

#: Two articles of one outlet within this time seldom report one event.
_REPEAT_HOURS = 1.5
_TOP_PAIRS = 3
_TINY = 1e-9


def summarise_scores(log_odds: Matrix, pairs: GroupPairs) -> dict[str, Floats]:
    """Maximum, minimum and median log odds between the groups, and mean of the three highest.

    `log_odds` has shape (units, units); results have shape (pairs,).
    """
    pair, one, other = pairs.unit_pairs()
    values = log_odds[one, other]
    values = values[np.lexsort((values, pair))]
    counts = np.bincount(pair, minlength=len(pairs))
    ends = np.cumsum(counts)
    starts = ends - counts
    top = np.zeros(len(pairs))
    for place in range(1, _TOP_PAIRS + 1):
        top += np.where(counts >= place, values[np.maximum(ends - place, 0)], 0)
    return {
        "score_max": values[ends - 1],
        "score_min": values[starts],
        "score_median": (values[starts + (counts - 1) // 2] + values[starts + counts // 2]) / 2,
        "score_top": top / np.minimum(counts, _TOP_PAIRS),
    }


def compare_names(
    names: Matrix, pairs: GroupPairs, sizes: tuple[Floats, Floats]
) -> dict[str, Floats]:
    """Capitalised words, each weighted by its rarity and by the share of articles with it.

    `names` has shape (units, words), `sizes` the numbers of articles of both groups.
    names_shared: weight of the shared words, divided by that of all words. names_shared_weight:
    log(1 + weight of the shared words). name_missing_max, name_missing_min: for each group, the
    highest weight of a word that only this group has; then the larger and the smaller of both.
    """
    first = pairs.first @ names / sizes[0][:, None]
    second = pairs.second @ names / sizes[1][:, None]
    shared = np.minimum(first, second).sum(axis=1)
    either = np.maximum(first, second).sum(axis=1)
    missing_in_second = np.where(second == 0, first, 0).max(axis=1, initial=0)
    missing_in_first = np.where(first == 0, second, 0).max(axis=1, initial=0)
    return {
        "names_shared": shared / (either + _TINY),
        "names_shared_weight": np.log1p(shared),
        "name_missing_max": np.maximum(missing_in_first, missing_in_second),
        "name_missing_min": np.minimum(missing_in_first, missing_in_second),
    }


def compare_outlets(
    outlets: Matrix, repeats: Rows, pairs: GroupPairs, sizes: tuple[Floats, Floats]
) -> dict[str, Floats]:
    """Outlets with articles in both groups, divided by the outlets of the group with fewer.

    `outlets` has the number of articles, shape (units, outlets); `sizes` has those of both groups.
    outlets_shared: all these outlets. outlets_repeating: those with an article in each group at
    almost the same time. outlet_pairs: share of the pairs of articles between the groups that are
    from one outlet.
    """
    first, second = pairs.first @ outlets, pairs.second @ outlets
    fewer = np.maximum(1, np.minimum((first > 0).sum(axis=1), (second > 0).sum(axis=1)))
    return {
        "outlets_shared": ((first > 0) & (second > 0)).sum(axis=1) / fewer,
        "outlets_repeating": _count_repeating(repeats, pairs) / fewer,
        "outlet_pairs": row_products(first, second) / (sizes[0] * sizes[1]),
    }


def count_outlets(outlets: Rows, unit_of: Rows, units: int) -> Matrix:
    """Number of articles of each unit by outlet, shape (units, outlets).

    Unknown outlets are negative, and are left out.
    """
    known = outlets >= 0
    numbers, columns = np.unique(outlets[known], return_inverse=True)
    counts = np.zeros((units, len(numbers)))
    np.add.at(counts, (unit_of[known], columns), 1)
    return counts


def find_repeats(outlets: Rows, hours: Floats, unit_of: Rows) -> Rows:
    """Find pairs of units with articles of one outlet at almost the same time.

    Returns sorted rows (outlet, unit, unit), shape (repeats, 3). Articles without an outlet or an
    exact hour are ignored.
    """
    known = np.flatnonzero((outlets >= 0) & ~np.isnan(hours))
    order = known[np.lexsort((hours[known], outlets[known]))]
    outlets, hours, unit_of = outlets[order], hours[order], unit_of[order]
    pairs = [np.zeros((0, 3), dtype=np.int64)]
    # An article is compared with its next neighbours in time until none is near.
    for step in range(1, len(order)):
        near = (outlets[step:] == outlets[:-step]) & (hours[step:] - hours[:-step] <= _REPEAT_HOURS)
        if not near.any():
            break
        pairs.append(np.column_stack([outlets[step:], unit_of[:-step], unit_of[step:]])[near])
    repeats = np.concatenate(pairs)
    repeats[:, 1:].sort(axis=1)
    return np.unique(repeats[repeats[:, 1] != repeats[:, 2]], axis=0).reshape(-1, 3)


def _count_repeating(repeats: Rows, pairs: GroupPairs) -> Floats:
    """Number of outlets with an article in each group at almost the same time."""
    if not len(repeats):
        return np.zeros(len(pairs))
    one, other = repeats[:, 1], repeats[:, 2]
    first, second = pairs.first > 0, pairs.second > 0
    across = (first[:, one] & second[:, other]) | (first[:, other] & second[:, one])
    starts = np.flatnonzero(np.diff(repeats[:, 0], prepend=-1))
    return np.asarray(np.logical_or.reduceat(across, starts, axis=1).sum(axis=1), dtype=np.float64)


def compare_hours(hours: Floats, articles: GroupPairs) -> dict[str, Floats]:
    """Logarithms of 1 + hours: between the medians, from first to last, and in the gap between.

    `hours` has one entry per article, `articles` one column per article. Undated articles are
    ignored.
    """
    one, other = (_describe_hours(hours, group) for group in (articles.first, articles.second))
    dated = ~np.isnan(one[0]) & ~np.isnan(other[0])
    gap = np.maximum(one[0] - other[2], other[0] - one[2])
    span = np.fmax(one[2], other[2]) - np.fmin(one[0], other[0])
    return {
        "hours_between": np.log1p(np.where(dated, np.abs(one[1] - other[1]), 0)),
        "hours_span": np.log1p(np.nan_to_num(span)),
        "hours_gap": np.log1p(np.where(dated, np.maximum(gap, 0), 0)),
    }


def _describe_hours(hours: Floats, group: Matrix) -> tuple[Floats, Floats, Floats]:
    """Minimum, median and maximum of the hours of each group; NaN without dated articles."""
    ordered = np.sort(np.where(group > 0, hours, np.nan), axis=1)  # NaN comes last
    counts = (~np.isnan(ordered)).sum(axis=1)
    rows = np.arange(len(group))
    last = np.maximum(counts - 1, 0)
    median = (ordered[rows, last // 2] + ordered[rows, np.minimum(counts // 2, last)]) / 2
    return ordered[:, 0], median, ordered[rows, last]
