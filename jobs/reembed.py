"""Job `reembed`: encode stored articles with a newly chosen model, and switch to it at the end."""

from datetime import timedelta

from sqlalchemy.orm import Session

from jobs.embed import BATCH, encode_batch
from jobs.running.context import Context, Counts
from service.domain.pairs.features import window_vocabulary
from service.domain.pairs.vocabulary import Vocabulary
from service.embed.encoder import Encoder
from service.settings.model_choice import ModelChoice
from service.store.articles import articles, model_choices, vectors
from service.store.articles.model_choices import StoredChoice
from service.store.database import locks
from service.store.stories import apply_plan, vocabularies

#: Batches per run. The job `embed` encodes new articles in the meantime.
MAX_BATCHES = 8
#: Vectors of a former model are deleted after this time, because requests may still read them.
KEEP_FORMER_VECTORS = timedelta(hours=1)
#: Number of former vectors deleted per run.
MAX_DELETED = 5000


def reembed(context: Context) -> Counts:
    """Encode some articles with the requested model; when all have a vector, put it into use.

    Until then the model in use serves requests. After the switch, delete the vectors of the
    former model.
    """
    with context.sessions.begin() as session:
        if (in_use := model_choices.find_in_use(session)) is None:
            return {}
        target = model_choices.find_pending(session) or in_use
        if target is in_use and not _has_former_vectors(session, in_use):
            before = context.clock() - KEEP_FORMER_VECTORS
            deleted = model_choices.delete_former_vectors(session, before=before, limit=MAX_DELETED)
            return {"deleted": deleted} if deleted else {}
    if target is not in_use:
        if context.model_sets is None:
            return {}
        choice = ModelChoice.from_json(target.choice, context.settings.embed.batch)
        context = context.with_models(context.model_sets.load(choice))
    encoder = context.encoder()
    with context.sessions.begin() as session:
        model_id = vectors.ensure_model(session, encoder.model, encoder.dimensions)
        if target is not in_use:
            model_choices.set_model(session, target.id, model_id)
    encoded, is_complete = _encode(context, encoder, model_id)
    counts = {"vectors": encoded} if encoded else {}
    if is_complete and target is not in_use and _switch(context, encoder, model_id, target.id):
        counts["switched"] = 1
    return counts


def _has_former_vectors(session: Session, in_use: StoredChoice) -> bool:
    """Whether an article has a vector of a former model, but none of the one in use."""
    return in_use.model is not None and bool(
        model_choices.find_to_encode(session, in_use.model, limit=1)
    )


def _encode(context: Context, encoder: Encoder, model_id: int) -> tuple[int, bool]:
    """Encode up to `MAX_BATCHES` batches; returns the number of articles and whether it is done."""
    encoded = 0
    for _ in range(MAX_BATCHES):
        with context.sessions.begin() as session:
            revisions = model_choices.find_to_encode(session, model_id, limit=BATCH)
            batch = articles.load(session, revisions)
        if not batch:
            return encoded, True
        if context.stop_requested():
            break
        encode_batch(context, encoder, model_id, batch, revisions)
        encoded += len(batch)
    return encoded, False


def _switch(context: Context, encoder: Encoder, model_id: int, choice: int) -> bool:
    """Put the requested model into use, unless an article has no vector yet.

    Jobs that change stories wait during the transaction.
    """
    vocabulary = _build_vocabulary(context, encoder, model_id)
    with context.sessions.begin() as session:
        locks.lock_until_commit(session, apply_plan.LOCK)
        if model_choices.find_to_encode(session, model_id, limit=1):
            return False  # an article arrived
        if not model_choices.switch(session, choice, now=context.clock()):
            return False
        if vocabulary is not None:
            vocabularies.save_beside(session, vocabulary, now=context.clock())
    return True


def _build_vocabulary(context: Context, encoder: Encoder, model_id: int) -> Vocabulary | None:
    """Compute the vocabulary of the window with the new vectors; None without an article."""
    now = context.clock()
    with context.sessions.begin() as session:
        inside = articles.find_placed_within(session, [(now - context.settings.window.reach, now)])
        loaded = articles.load(session, sorted(inside))
        if not loaded:
            return None
        ids = [int(each.id) for each in loaded]
        values = vectors.load(session, model_id, encoder.model, ids)
    return window_vocabulary(loaded, values)
