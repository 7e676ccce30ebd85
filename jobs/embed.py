"""The job `embed`: articles that lack a vector of their newest revision get one."""

from jobs.running.context import Context, Counts
from service.embed.encoder import encode_articles
from service.store.articles import articles, vectors

#: Articles encoded before their vectors are written: what a kill can cost, and a stop waits for.
BATCH = 64


def embed(context: Context) -> Counts:
    """Encode batch by batch, until every article has its vector or it is told to stop."""
    with context.sessions.begin() as session:
        waiting = len(articles.in_stage(session, "admitted"))
    if not waiting:
        return {}
    encoder = context.encoder()
    with context.sessions.begin() as session:
        if not vectors.is_known(session, encoder.model):
            # Vectors of two models are never compared: what is in the window is encoded anew.
            articles.readmit(session, since=context.clock() - context.settings.window.reach)
        model = vectors.model_id(session, encoder.model, encoder.dimensions)
    done = 0
    while not context.stopping() and (count := _encode_batch(context, model)):
        done += count
        context.progress("embed", done, max(waiting, done))
    return {"vectors": done} if done else {}


def _encode_batch(context: Context, model: int) -> int:
    """Encode outside of any transaction: it takes seconds, and locks should not."""
    with context.sessions.begin() as session:
        revisions = vectors.unencoded(session, model, limit=BATCH)
        batch = articles.load(session, revisions)
    if not batch:
        return 0
    languages = context.settings.embed.languages
    made = encode_articles(context.encoder(), batch, languages=languages)
    with context.sessions.begin() as session:
        vectors.save(session, model, revisions, made.values)
    return len(batch)
