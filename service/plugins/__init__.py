"""Plugin points: protocols of five kinds of plugins, which entry points of other packages provide.

docs/plugins.md describes them. The names in `__all__` are public.
"""

from service.domain.articles.entries import Entry, ParsedFeed
from service.domain.articles.model import Article
from service.domain.entities.gazetteer import Kind
from service.domain.entities.story_entities import Entity
from service.plugins.protocols import (
    EncoderPlugin,
    EntityRecogniser,
    ExportTarget,
    FeedParser,
    MailSender,
)

__all__ = [
    "Article",
    "EncoderPlugin",
    "Entity",
    "EntityRecogniser",
    "Entry",
    "ExportTarget",
    "FeedParser",
    "Kind",
    "MailSender",
    "ParsedFeed",
]
