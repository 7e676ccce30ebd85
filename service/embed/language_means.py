"""Language centring: mean vectors by language, subtracted from all vectors of that language.

Some models map all texts into a narrow cone: under multilingual-e5-small unrelated texts have a
cosine of .75 to .8, and slightly more if they share their language. After subtracting the mean
vector of their language, unrelated texts are orthogonal, and cosines are comparable across
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

from service.domain.progress import OnProgress
from service.embed.checksum import TAG_DIGITS
from service.embed.encoder import Encoder
from service.errors import BadInputError

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class LanguageMeans:
    """Mean vectors by language (ISO 639-1), each of shape (dimensions,).

    `about` describes the model and the texts they were computed from.
    """

    means: Mapping[str, NDArray[np.float32]]
    about: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the JSON written by `dump`.

        Raises:
            BadInputError: the file is missing or has another format.
        """
        try:
            table = json.loads(path.read_text("utf-8"))
            means = {
                name: np.array(values, dtype=np.float32) for name, values in table["means"].items()
            }
            return cls(means, table["about"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInputError(f"Cannot read language means from {path}: {error!r}") from error

    @classmethod
    def fit(
        cls,
        vectors: NDArray[np.float32],
        languages: Sequence[str],
        *,
        min_texts: int,
        about: Mapping[str, Any],
    ) -> Self:
        """Compute the mean vector of each language that has at least `min_texts` vectors."""
        names = np.array(languages)
        counts = {name: int((names == name).sum()) for name in sorted(set(languages) - {""})}
        means = {
            name: vectors[names == name].mean(axis=0, dtype=np.float64).astype(np.float32)
            for name, count in counts.items()
            if count >= min_texts
        }
        return cls(means, {**about, "texts": {name: counts[name] for name in means}})

    def dump(self) -> str:
        """JSON with one language per line, ending in a newline."""
        rounded = {
            name: [round(float(value), _DIGITS) for value in self.means[name]]
            for name in sorted(self.means)
        }
        rows = ",\n".join(
            f"{json.dumps(name)}: {json.dumps(mean)}" for name, mean in rounded.items()
        )
        about = json.dumps(self.about, sort_keys=True)
        return f'{{"about": {about},\n"means": {{\n{rows}\n}}}}\n'

    @property
    def dimensions(self) -> int:
        """Length of each mean; 0 without means."""
        return max(map(len, self.means.values()), default=0)

    @property
    def tag(self) -> str:
        """Digest of the means: vectors centred by other means are not comparable."""
        digest = hashlib.sha256()
        for name in sorted(self.means):
            digest.update(name.encode() + np.round(self.means[name], _DIGITS).tobytes())
        return digest.hexdigest()[:TAG_DIGITS]

    def subtract_from(
        self, values: NDArray[np.float32], languages: Sequence[str]
    ) -> NDArray[np.float32]:
        """Subtract from each row the mean of its language, and rescale to unit length.

        A row whose language is unknown or has no mean uses the nearest mean: vectors of one
        language lie close together.
        """
        names = sorted(self.means)
        means = np.array([self.means[name] for name in names])
        row_of = {name: row for row, name in enumerate(names)}
        chosen = np.argmax(values @ _normalise(means).T, axis=1)
        for row, language in enumerate(languages):
            chosen[row] = row_of.get(language.lower().partition("-")[0], chosen[row])
        return _normalise(values - means[chosen])


class CenteredEncoder:
    """Wraps an encoder and subtracts the mean of each text's language from its vector."""

    def __init__(self, encoder: Encoder, language_means: LanguageMeans) -> None:
        self.model = f"{encoder.model}-{language_means.tag}"
        self.dimensions = encoder.dimensions
        self.language_means = language_means
        self._encoder = encoder

    def encode(
        self, texts: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """Encode texts of unknown language; see `Encoder.encode`."""
        return self.encode_by_language([""] * len(texts), texts, on_progress=on_progress)

    def encode_by_language(
        self,
        languages: Sequence[str],
        texts: Sequence[str],
        *,
        on_progress: OnProgress | None = None,
    ) -> NDArray[np.float32]:
        """Encode texts given their language tags; see `MultilingualEncoder`."""
        vectors = self._encoder.encode(texts, on_progress=on_progress)
        return self.language_means.subtract_from(vectors, languages)


def _normalise(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)
