"""Article encoding: vectors of articles, with zero vectors where the model does not apply."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from service.domain.articles.model import Article, Vectors
from service.domain.articles.tokenization import encoded_text, has_encodable_text
from service.domain.progress import OnProgress
from service.embed.encoder import Encoder, MultilingualEncoder


def encode_query(
    encoder: Encoder, text: str, language: str, *, languages: Collection[str] = ()
) -> NDArray[np.float32]:
    """Encode a query text; zeros as for an article (`encode_articles`)."""
    article = Article(0, text, lang=language)
    vector: NDArray[np.float32] = encode_articles(encoder, [article], languages=languages).values[0]
    return vector


def encode_articles(
    encoder: Encoder,
    articles: Sequence[Article],
    *,
    languages: Collection[str] = (),
    on_progress: OnProgress | None = None,
) -> Vectors:
    """Encode articles, one row per article.

    An article gets a zero vector if it has no text, if the encoder returns a non-finite vector,
    or if `languages` is not empty and does not contain the article's language. A model maps all
    texts of a language it never learned to similar vectors, whatever their content; such articles
    are compared by their words only.
    """
    rows = [
        row
        for row, article in enumerate(articles)
        if has_encodable_text(article)
        and (
            not languages or not article.lang or article.lang.lower().partition("-")[0] in languages
        )
    ]
    texts = [encoded_text(articles[row]) for row in rows]
    values = np.zeros((len(articles), encoder.dimensions), dtype=np.float32)
    if isinstance(encoder, MultilingualEncoder):
        tags = [articles[row].lang for row in rows]
        values[rows] = encoder.encode_by_language(tags, texts, on_progress=on_progress)
    else:
        values[rows] = encoder.encode(texts, on_progress=on_progress)
    values[~np.isfinite(values).all(axis=1)] = 0  # a NaN would make the window's means NaN
    return Vectors(encoder.model, values)
