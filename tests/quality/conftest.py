"""The real encoder, once for all tests of quality."""

import pytest

from service import settings
from service.commands.grouper import encoder_of
from service.embed.encoder import Encoder


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return encoder_of(settings.load({}).embed)
