"""Test of the encoding of single sentences."""

import numpy as np

from service.embed.sentences import CachedSentences
from tests.support.encoders import WordEncoder

SENTENCE = "A ferry struck the pier of Orlan."


def test_sentence_has_the_vector_of_the_encoder_in_known_languages_only() -> None:
    encoder = WordEncoder()
    encode = CachedSentences(encoder, ["en"])
    np.testing.assert_allclose(encode(SENTENCE, "en"), encoder.encode([SENTENCE])[0])
    assert not encode(SENTENCE, "tr").any()
    assert CachedSentences(encoder, [])(SENTENCE, "tr").any()
