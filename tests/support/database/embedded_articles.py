"""Model context with the fake encoder, and articles embedded by it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.commands.running.models import load_pair_model
from service.domain.articles.tokenization import lead_words
from service.domain.pairs.features import TokenisedArticles
from service.domain.pairs.vocabulary import rarest_keys
from service.embed.articles import encode_articles
from service.embed.encoder import Encoder
from service.settings import load as settings_module
from service.store.articles import articles, candidates, vectors
from service.store.stories import vocabularies
from service.store.tables import ArticleRow
from service.web.dependencies import ModelContext
from tests.support.encoders import WordEncoder

ENCODER = WordEncoder()


def model_context(
    encoder: Callable[[], Encoder] = lambda: ENCODER, *, load_timeout: float = 5.0
) -> ModelContext:
    """Create a model context with default settings and the fake encoder."""
    settings = settings_module.load({})
    return ModelContext(
        encoder=encoder,
        languages=(),
        pair_model=load_pair_model().with_window(settings.window.reach),
        stories=settings.stories,
        reach=settings.window.reach,
        tolerance=timedelta(hours=2),
        load_timeout=load_timeout,
    )


def embed_all_articles(session: Session) -> None:
    """Store vectors, rare words and a vocabulary for all articles, as the jobs would."""
    session.flush()
    loaded = articles.load(session, session.scalars(select(ArticleRow.id)).all())
    model = vectors.ensure_model(session, ENCODER.model, ENCODER.dimensions)
    made = encode_articles(ENCODER, loaded)
    vectors.save(session, model, {int(each.id): 1 for each in loaded}, made.values, {})
    vocabulary = TokenisedArticles.build(loaded, made).build_vocabulary()
    vocabularies.save(session, vocabulary, now=datetime(2023, 1, 1, tzinfo=UTC))
    keys = {
        int(each.id): rarest_keys(lead_words(each), vocabulary, candidates.STORED_KEYS)
        for each in loaded
    }
    articles.save_word_keys(session, keys)
