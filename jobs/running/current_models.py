"""The models in use, which differ from those of the settings during a change of the model."""

import structlog
from sqlalchemy.orm import Session

from jobs.running.context import Context
from service.embed.model_set import ModelLoader, ModelSet
from service.errors import BadInputError
from service.settings.load import Settings
from service.settings.model_choice import ModelChoice
from service.store.articles import model_choices

log = structlog.get_logger()


def request(context: Context) -> None:
    """Request the models of the settings, if they differ from the latest requested ones."""
    choice = ModelChoice.of(context.settings).to_json()
    with context.sessions.begin() as session:
        pending = model_choices.request(session, choice, now=context.clock())
    if pending:
        log.info(
            "the embedding model changes: the former one is in use until all articles are encoded",
            action="model_requested",
            model=context.settings.embed.model,
        )


def apply(session: Session, context: Context) -> Context:
    """Return the context with the models in use."""
    if context.model_sets is None:
        return context
    models = load(session, context.model_sets, context.settings)
    return context.with_models(models) if models else context


def load(session: Session, loader: ModelLoader, settings: Settings) -> ModelSet | None:
    """Return the models in use; None if none are yet, or if their weights cannot be loaded.

    In the second case the job `embed` adopts the models of the settings.
    """
    in_use = model_choices.find_in_use(session)
    if in_use is None:
        return None
    batch = settings.embed.batch
    choice = ModelChoice.from_json(in_use.choice, batch)
    pending = model_choices.find_pending(session)
    others = [ModelChoice.from_json(pending.choice, batch)] if pending else []
    try:
        models = loader.load(choice)
    except BadInputError as error:
        log.warning(
            "the former models cannot be loaded", action="former_models_missing", error=str(error)
        )
        return None
    loader.keep([choice, ModelChoice.of(settings), *others])
    return models
