"""Job `embed`: encode the latest revision of each article that has no vector yet."""

from jobs.running.context import Context, Counts
from service.embed.articles import encode_articles
from service.store.articles import articles, vectors

#: Articles per batch: the work lost if the process is killed, and the delay of a stop.
BATCH = 64


def embed(context: Context) -> Counts:
    """Encode articles batch by batch until all have a vector or the job is stopped."""
    with context.sessions.begin() as session:
        if articles.is_empty(session):
            return {}  # without loading the model
    encoder = context.encoder()
    with context.sessions.begin() as session:
        model_id = vectors.ensure_model(session, encoder.model, encoder.dimensions)
        if not vectors.covers_newest(session, model_id):
            # Vectors of two models are not comparable, so the whole window is encoded again.
            since = context.clock() - context.settings.window.reach
            vectors.readmit_unencoded(session, model_id, since=since)
        waiting = len(articles.find_in_stage(session, "admitted"))
    done = 0
    while not context.stop_requested():
        with context.sessions.begin() as session:
            revisions = vectors.find_unencoded(session, model_id, limit=BATCH)
            batch = articles.load(session, revisions)
        if not batch:
            break
        # No transaction is open while encoding, because that takes seconds.
        encoded = encode_articles(encoder, batch, languages=context.settings.embed.languages)
        with context.sessions.begin() as session:
            vectors.save(session, model_id, revisions, encoded.values)
        done += len(batch)
        context.progress("embed", done, max(waiting, done))
    return {"vectors": done} if done else {}
