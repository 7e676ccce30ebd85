"""Similar events: pairs of articles that report two events in nearly the same words.

For example, an outlet reports a crash in Kenya and a crash in Pakistan under titles that differ
only in the name. The texts are nearly equal, so the pair score is high. Different names separate
two articles only if their titles are otherwise nearly equal. In other pairs, different names mean
little, because outlets choose different details of one event.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.domain.articles.model import Floats, Rows
from service.domain.pairs.features import Features

#: Limits for articles of one outlet: the minimum cosine of their titles without names, and the
#: minimum share of the names of each title that the other article lacks. An outlet seldom prints
#: one title twice with another name.
_OF_OUTLET = (0.45, 0.5)
#: The same limits for titles that are equal except for a few names. The cosine leaves out only the
#: names that the other article lacks: in "Fire in Kern County", the county is part of the wording.
_OF_OUTLET_NEARLY_EQUAL = (0.8, 0.15)
#: The same limits for articles of two outlets, which often name different places or people of one
#: event.
_OF_OUTLETS = (0.5, 0.9)
#: Minimum cosine of titles that name different countries: of one outlet, of two outlets.
_OTHER_COUNTRIES, _OTHER_COUNTRIES_OF_OUTLETS = 0.35, 0.5


@dataclass(frozen=True, slots=True)
class _Titles:
    """The titles of some articles, and all names of the articles as booleans; see `Features`."""

    wording: csr_matrix
    title_names: csr_matrix
    title_countries: csr_matrix
    names: csr_matrix

    @classmethod
    def select(cls, features: Features, names: csr_matrix, rows: Rows) -> Self:
        return cls(
            features.wording[rows],
            features.title_names[rows],
            features.title_countries[rows],
            names[rows],
        )


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Pairs of articles, as arrays of one shape.

    cosine: cosine of the titles without names. missing: minimum share of the names of each title
    that the other article lacks. one_outlet: whether both articles are from one known outlet.
    """

    cosine: Floats
    missing: Floats
    one_outlet: NDArray[np.bool_]

    def __getitem__(self, at: tuple[Rows, ...]) -> Self:
        return type(self)(self.cosine[at], self.missing[at], self.one_outlet[at])

    def are_similar(self) -> NDArray[np.bool_]:
        """Whether names and wording alone show two similar events."""
        return np.where(
            self.one_outlet,
            _reach(_OF_OUTLET, self.cosine, self.missing),
            _reach(_OF_OUTLETS, self.cosine, self.missing),
        )

    def others(self) -> tuple[Rows, ...]:
        """Positions of the other pairs that `are_similar_by` can separate."""
        return np.nonzero(
            ~self.are_similar() & (self.one_outlet | (self.cosine >= _OTHER_COUNTRIES))
        )

    def are_similar_by(self, one: _Titles, other: _Titles) -> NDArray[np.bool_]:
        """Whether some of the names, or countries, show two similar events; one row per pair."""
        nearly_equal = _reach(_OF_OUTLET_NEARLY_EQUAL, _wording_cosine(one, other), self.missing)
        least = np.where(self.one_outlet, _OTHER_COUNTRIES, _OTHER_COUNTRIES_OF_OUTLETS)
        other_countries = (self.cosine >= least) & _name_other_countries(one, other)
        return np.asarray(self.one_outlet & nearly_equal | other_countries)


def similar_pairs(features: Features, names: csr_matrix, pairs: Rows) -> NDArray[np.bool_]:
    """Whether the articles of each pair of rows report two similar events. Shape (m,).

    `names` are `features.names` as booleans, converted once for many calls.
    """
    first, second = pairs[:, 0], pairs[:, 1]
    ours, theirs = features.title_names[first], features.title_names[second]
    compared = _compare(
        _dot(features.template[first], features.template[second]),
        _share(_dot(ours, names[second]), _row_sums(ours)),
        _share(_dot(theirs, names[first]), _row_sums(theirs)),
        features.outlets[first],
        features.outlets[second],
    )
    similar = compared.are_similar()
    (rest,) = at = compared.others()
    similar[at] = compared[at].are_similar_by(
        _Titles.select(features, names, first[rest]), _Titles.select(features, names, second[rest])
    )
    return similar


def similar_matrix(one: Features, other: Features) -> NDArray[np.bool_]:
    """Whether each article and each other report two similar events. Shape (rows, others)."""
    names, other_names = one.names.astype(bool), other.names.astype(bool)
    ours = (one.title_names @ other_names.T).toarray()
    theirs = (names @ other.title_names.T).toarray()
    compared = _compare(
        (one.template @ other.template.T).toarray(),
        _share(ours, _row_sums(one.title_names)[:, None]),
        _share(theirs, _row_sums(other.title_names)[None, :]),
        one.outlets[:, None],
        other.outlets[None, :],
    )
    similar = compared.are_similar()
    rows, columns = at = compared.others()
    similar[at] = compared[at].are_similar_by(
        _Titles.select(one, names, rows), _Titles.select(other, other_names, columns)
    )
    return similar


def _compare(
    cosine: Floats, shared: Floats, other_shared: Floats, outlets: Rows, other_outlets: Rows
) -> _Comparison:
    """Compare by shares of common names; the arrays broadcast."""
    one_outlet = (outlets == other_outlets) & (outlets >= 0)
    return _Comparison(cosine, 1 - np.maximum(shared, other_shared), one_outlet)


def _reach(limits: tuple[float, float], cosine: Floats, missing: Floats) -> NDArray[np.bool_]:
    return (cosine >= limits[0]) & (missing >= limits[1])


def _wording_cosine(one: _Titles, other: _Titles) -> Floats:
    """Cosine of the titles of each pair, without the names that the other article lacks."""
    product = _length_without_missing_names(one, other) * _length_without_missing_names(other, one)
    known = product > 0
    cosine = _dot(one.wording, other.wording) / np.sqrt(np.where(known, product, 1))
    return np.where(known, cosine, 0)


def _length_without_missing_names(one: _Titles, other: _Titles) -> Floats:
    """Squared length of each title without the names that the other article lacks."""
    squares = one.title_names.power(2)
    missing = _row_sums(squares) - _dot(squares, other.names)
    return _row_sums(one.wording.power(2)) - missing


def _name_other_countries(one: _Titles, other: _Titles) -> NDArray[np.bool_]:
    """Whether both titles of each pair name countries that the other article does not name."""
    ours, theirs = one.title_countries, other.title_countries
    common = _dot(ours, other.names) + _dot(theirs, one.names)
    return np.asarray((_row_sums(ours) > 0) & (_row_sums(theirs) > 0) & (common == 0))


def _share(part: Floats, total: Floats) -> Floats:
    """Share of the names of a title that the other article has; 1 for a title without names."""
    return np.asarray(np.where(total > 0, part / np.where(total > 0, total, 1), 1))


def _dot(one: csr_matrix, other: csr_matrix) -> Floats:
    """Dot product of each row with the same row of the other matrix."""
    return _row_sums(one.multiply(other))


def _row_sums(matrix: csr_matrix) -> Floats:
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()
