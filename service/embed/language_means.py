"""Where the middle of a language lies among a model's vectors.

Some models put all texts into one narrow cone: under multilingual-e5-small strangers have a
cosine of .75 to .8, and a few points more if they share their language. Less their language's mean
vector, strangers are at right angles in every language, and cosines mean the same across
languages (Mu and Viswanath 2018, "All-but-the-Top"; Libovický et al. 2020 for languages).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from service.embed.checksum import TAG_DIGITS
from service.errors import BadInputError

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Centres:
    """Mean vectors by language, ISO 639-1, each of shape (dimensions,).

    `about` says which model and which texts they were made from.
    """

    means: Mapping[str, NDArray[np.float32]]
    about: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the JSON of `dump`.

        Raises:
            BadInputError: the file is missing or no such JSON.
        """
        try:
            table = json.loads(path.read_text("utf-8"))
            means = {
                name: np.array(values, dtype=np.float32) for name, values in table["means"].items()
            }
            return cls(means, table["about"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInputError(f"the centres {path} cannot be read: {error!r}") from error

    @classmethod
    def of(
        cls,
        vectors: NDArray[np.float32],
        languages: Sequence[str],
        *,
        least: int,
        about: Mapping[str, Any],
    ) -> Self:
        """Means of the vectors of each language that at least `least` of them are in."""
        names = np.array(languages)
        counts = {name: int((names == name).sum()) for name in sorted(set(languages) - {""})}
        means = {
            name: vectors[names == name].mean(axis=0, dtype=np.float64).astype(np.float32)
            for name, count in counts.items()
            if count >= least
        }
        return cls(means, {**about, "texts": {name: counts[name] for name in means}})

    def dump(self) -> str:
        """JSON, one language a line, ending in a newline."""
        rows = ",\n".join(
            f"{json.dumps(name)}: {json.dumps([round(float(v), _DIGITS) for v in self.means[name]])}"
            for name in sorted(self.means)
        )
        about = json.dumps(self.about, sort_keys=True)
        return f'{{"about": {about},\n"means": {{\n{rows}\n}}}}\n'

    @property
    def tag(self) -> str:
        """Digest of the means: vectors taken from other centres are other vectors."""
        digest = hashlib.sha256()
        for name in sorted(self.means):
            digest.update(name.encode() + np.round(self.means[name], _DIGITS).tobytes())
        return digest.hexdigest()[:TAG_DIGITS]

    def removed(self, values: NDArray[np.float32], languages: Sequence[str]) -> NDArray[np.float32]:
        """Rows less the mean of their language, at unit length again.

        Where a language is unknown or has no mean, it counts as the one whose mean is nearest:
        texts of one language lie together.
        """
        names = sorted(self.means)
        middles = np.array([self.means[name] for name in names])
        row_of = {name: row for row, name in enumerate(names)}
        chosen = np.argmax(values @ _unit(middles).T, axis=1)
        for row, language in enumerate(languages):
            chosen[row] = row_of.get(language.lower().partition("-")[0], chosen[row])
        return _unit(values - middles[chosen])


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)
