"""Job `embed`: find boilerplate, then encode each article whose latest revision has no vector."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.boilerplate import find_boilerplate, merge_spans
from service.domain.articles.model import Article
from service.domain.articles.tokenization import encoding_hash
from service.embed.articles import encode_articles, encode_query
from service.embed.encoder import Encoder
from service.ingest.detect_language import language_of_query
from service.settings.model_choice import ModelChoice
from service.store.articles import articles, boilerplate, model_choices, vectors
from service.store.database import locks
from service.store.editing import story_edits
from service.store.queries import saved
from service.store.stories import apply_plan, stories
from service.telemetry import tracing

#: Articles per batch: the work lost if the process is killed, and the delay of a stop.
BATCH = 64
#: Number of latest articles among which boilerplate is counted: some days of a hundred feeds.
BOILERPLATE_SAMPLE = 5000


def embed(context: Context) -> Counts:
    """Encode articles batch by batch until all have a vector or the job is stopped.

    A revision with the same encoded text keeps its vector.
    """
    with context.sessions.begin() as session:
        if articles.is_empty(session):
            return {}  # without loading the model
    encoder = context.encoder()
    with context.sessions.begin() as session:
        model_id = vectors.ensure_model(session, encoder.model, encoder.dimensions)
        _adopt_model(session, context, model_id, encoder.model)
        waiting = len(articles.find_in_stage(session, "admitted"))
        has_unencoded = bool(vectors.find_unencoded(session, model_id, limit=1))
    _encode_meanings(context, encoder, model_id)
    if not has_unencoded:  # articles may wait for their story, while reconcile locks the stories
        return {}
    _mark_boilerplate(context)
    done = encoded_count = 0
    while not context.stop_requested():
        with context.sessions.begin() as session:
            revisions = vectors.find_unencoded(session, model_id, limit=BATCH)
            batch = articles.load(session, revisions)
        if not batch:
            break
        encoded_count += encode_batch(context, encoder, model_id, batch, revisions)
        done += len(batch)
        context.progress("embed", done, max(waiting, done))
    return {"vectors": encoded_count} if encoded_count else {}


def _encode_meanings(context: Context, encoder: Encoder, model_id: int) -> None:
    """Encode the meanings of saved queries, which webhooks and alerts compare with reports."""
    with context.sessions.begin() as session:
        meanings = saved.find_unencoded_meanings(session, model_id)
    for query_id, meaning in meanings.items():
        vector = encode_query(
            encoder,
            meaning,
            language_of_query(meaning),
            languages=context.settings.embed.languages,
        )
        with context.sessions.begin() as session:
            saved.save_meaning(session, query_id, meaning, model_id, vector.tolist())


def encode_batch(
    context: Context,
    encoder: Encoder,
    model_id: int,
    batch: Sequence[Article],
    revisions: Mapping[int, int],
) -> int:
    """Encode articles whose text has changed, and store the vectors; returns their number.

    `revisions` are those of the articles, by id.
    """
    remaining = {int(each.id): revisions[int(each.id)] for each in batch}
    hashes = {int(each.id): encoding_hash(each) for each in batch}
    with context.sessions.begin() as session:
        stored = vectors.load_text_hashes(session, model_id, hashes)
        # A revision may change only what is not encoded, or return to a former text.
        same = {key: remaining.pop(key) for key in hashes if stored.get(key) == hashes[key]}
        vectors.set_revisions(session, model_id, same)
    changed = [each for each in batch if int(each.id) in remaining]
    # No transaction is open while encoding, because that takes seconds.
    encoded = encode_articles(encoder, changed, languages=context.settings.embed.languages)
    with context.sessions.begin() as session:
        vectors.save(session, model_id, remaining, encoded.values, hashes)
    tracing.record_step("embed", remaining)
    return len(changed)


def _adopt_model(session: Session, context: Context, model_id: int, tag: str) -> None:
    """Put the model into use if it is the first one, or if the one in use cannot be loaded.

    The latter happens if its files have changed. Vectors of two models are not comparable, so the
    whole window is encoded again at once; the job `reembed` encodes older articles.
    """
    in_use = model_choices.find_in_use(session)
    if in_use is not None and in_use.tag == tag:
        return
    choice = ModelChoice.of(context.settings).to_json()
    model_choices.adopt(session, model_id, choice, now=context.clock())
    if in_use is not None or not vectors.covers_newest(session, model_id):
        since = context.clock() - context.settings.window.reach
        vectors.readmit_unencoded(session, model_id, since=since)


def _mark_boilerplate(context: Context) -> None:
    """Store the boilerplate of the latest articles.

    If an article has more boilerplate than before, it is encoded again, and its story is described
    again.
    """
    with context.sessions.begin() as session:
        latest = boilerplate.load_latest(session, limit=BOILERPLATE_SAMPLE)
    spans_of = find_boilerplate([each.article for each in latest])
    changed = {
        (int(each.article.id), each.revision): merged
        for each, spans in zip(latest, spans_of, strict=True)
        if (merged := merge_spans(each.spans, spans)) != list(each.spans)
    }
    if not changed:
        return
    with context.sessions.begin() as session:
        locks.lock_until_commit(session, apply_plan.LOCK)
        boilerplate.save(session, changed)
        story_of = stories.story_of(session, [article_id for article_id, _ in changed])
        story_edits.mark_undescribed(session, set(story_of.values()))
