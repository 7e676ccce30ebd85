"""The real encoder, once for all tests of quality."""

import pytest

from service import settings
from service.embed.encoder import Encoder, load_encoder


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder(settings.load({}).embed)
