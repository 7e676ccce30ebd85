"""Entities that a plugin recognises; if it fails, the built-in search takes its place."""

from collections.abc import Callable, Iterable, Sequence

import structlog

from service.domain.articles.model import Article
from service.domain.entities.story_entities import Entity
from service.errors import PluginError
from service.plugins.loading import load_plugin
from service.plugins.protocols import EntityRecogniser

_GROUP = "entities"

log = structlog.get_logger(__name__)


def load_recogniser(name: str) -> Callable[[Sequence[Article]], Sequence[Entity] | None] | None:
    """Load a plugin; None without a name, or if it cannot be loaded.

    The function returns None if the plugin fails for the articles. Failures are logged.
    """
    if not name:
        return None
    try:
        plugin: EntityRecogniser = load_plugin(_GROUP, name, EntityRecogniser)
    except PluginError as error:
        log.warning("Built-in entities replace a plugin", action="plugin_failed", error=str(error))
        return None

    def recognise(articles: Sequence[Article]) -> Sequence[Entity] | None:
        try:
            return _require_entities(plugin.find_entities(articles))
        except Exception as error:  # noqa: BLE001 - a plugin never stops the descriptions
            reason = str(PluginError.from_exception(_GROUP, name, error))
            log.warning("Built-in entities replace a plugin", action="plugin_failed", error=reason)
            return None

    return recognise


def _require_entities(values: Iterable[object]) -> Sequence[Entity]:
    entities = []
    for each in values:
        if not isinstance(each, Entity):
            raise TypeError(f"expected entities, found {type(each).__name__}")
        entities.append(each)
    return entities
