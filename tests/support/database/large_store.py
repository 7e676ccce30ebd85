"""A store of any size, made within the database in a minute or two: for benches and for plans.

Words, vectors and sizes are random; what matters is that every table has its rows, and each
index its entries.
"""

import json
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text

from service.domain.entities.gazetteer import Kind
from service.domain.entities.story_entities import Entity
from service.domain.stories.developments import Development
from service.domain.stories.pace import TimedReport, list_delays, measure_pace
from service.domain.stories.ranking import compute_rank
from service.domain.stories.summary import Quote
from service.store.articles.ids import EPOCH, NUMBER_BITS
from service.store.stories.details import Details, to_json
from service.store.tables import StoryRow, StoryVersionRow
from tests.support.database.rows import NOW

OUTLETS = 200
#: Days over which the reports are spread.
DAYS = 60
#: Tables whose triggers are silent meanwhile: what they would do is done at once.
SILENT = ("articles", "memberships", "stories", "story_versions", "transitions", "copies")
INDEX = "ix_article_documents_document"

_WORDS = """(
    SELECT string_agg('word' || floor(20000 * power(random(), 4))::int, ' ')
    FROM generate_series(1, {count} + 0 * {row})
)"""
OUTLETS_SQL = f"""
INSERT INTO families (slug, name)
    SELECT 'family-' || n, 'Family ' || n FROM generate_series(1, {OUTLETS // 2}) AS n;
INSERT INTO outlets (slug, name, country, language, family)
    SELECT 'outlet-' || n, 'Outlet ' || n, (ARRAY['GB', 'DE', 'FR', 'TR'])[n % 4 + 1],
           (ARRAY['en', 'de', 'fr', 'tr'])[n % 4 + 1], 'family-' || (n / 2 + 1)
    FROM generate_series(1, {OUTLETS} - 2) AS n;
INSERT INTO feeds (url, outlet_id, title, next_fetch_at, created_at)
    SELECT 'https://outlet.example/' || id, id, 'Feed ' || id, :now, :now FROM outlets;
"""
ARTICLES_SQL = f"""
INSERT INTO articles (id, url, feed_id, outlet_id, title, text, body, language, categories,
                      published, claimed_date, date_flag, first_seen, reported_at, content_hash, stage)
SELECT ((at::date - CAST(:epoch AS date))::bigint << {NUMBER_BITS}) | n,
       'https://outlet.example/article/' || n, outlet, outlet,
       {_WORDS.format(count=8, row="n")}, {_WORDS.format(count=40, row="n")}, '',
       CASE WHEN n % 1000 = 0 THEN 'ga' ELSE (ARRAY['en', 'de', 'fr', 'tr'])[outlet % 4 + 1] END,
       '{{}}', at, at, 'ok', at, at, '',
       'reconciled'
FROM generate_series(1, :articles) AS n,
LATERAL (SELECT 1 + (n * 7919) % ({OUTLETS} - 2) AS outlet,
         :now - ((n % :stories) * interval '{DAYS} days' / :stories)
              - (n / :stories) * interval '7 minutes' AS at) AS told;
"""
DOCUMENTS_SQL = f"""
DROP INDEX {INDEX};
INSERT INTO article_documents (article_id, reported_at, outlet_id, language, document)
    SELECT id, reported_at, outlet_id, language, article_document(language, title, text, body)
    FROM articles;
CREATE INDEX {INDEX} ON article_documents USING gin (document);
"""
STORIES_SQL = """
CREATE TEMPORARY TABLE homes AS
    SELECT id AS article_id, 'story' || (id & ((1::bigint << 38) - 1)) % :stories AS story_id,
           title, outlet_id, language, reported_at
    FROM articles;
INSERT INTO stories (id, slug, state, emerged_at, changed_at, described_at, headline, keywords, languages,
                     first_reported_at, last_reported_at, articles, coverage, independent, rank,
                     details)
SELECT story_id, 'slug-' || story_id, CASE WHEN max(reported_at) < :now - interval '7 days'
                                          THEN 'closed' ELSE 'open' END,
       min(reported_at), max(reported_at), max(reported_at), min(title),
       (string_to_array(min(title), ' '))[1:4], array_agg(DISTINCT language ORDER BY language),
       min(reported_at), max(reported_at),
       count(*), count(DISTINCT outlet_id), count(DISTINCT outlet_id),
       extract(epoch FROM max(reported_at)) / 3600 + count(*),
       CAST(replace(:details, '@', story_id) AS jsonb)
FROM homes GROUP BY story_id;
INSERT INTO memberships (article_id, story_id, valid_from, score, evidence)
    SELECT article_id, story_id, reported_at, 0.8,
           '{"score": 0.8, "nearest": [], "next": {"story": "story1", "score": 0.1}}'
    FROM homes;
INSERT INTO transitions (story_id, kind, at, cause, article_ids)
    SELECT story_id, 'emerged', min(reported_at), 'place', array_agg(article_id)
    FROM homes GROUP BY story_id;
INSERT INTO copies (article_id, original_id, share, valid_from)
    SELECT max(article_id), min(article_id), 0.9, max(reported_at)
    FROM homes GROUP BY story_id HAVING count(*) > 1 AND length(story_id) % 2 = 0;
DROP TABLE homes;
"""
VECTORS_SQL = """
INSERT INTO models (tag, dimensions) VALUES (:tag, :dimensions);
INSERT INTO vectors (article_id, model_id, revision, vector)
    SELECT articles.id, models.id, 1, l2_normalize(CAST((
        SELECT array_agg(random() - 0.5) FROM generate_series(1, :dimensions + 0 * articles.id)
    ) AS halfvec))
    FROM articles, models;
"""


def fill_store(
    engine: Engine,
    *,
    articles: int,
    stories: int,
    versions: int = 1,
    model: str = "",
    dimensions: int = 384,
) -> None:
    """Fill an empty, migrated database; with `model`, every article has a random unit vector.

    Each story has so many versions, some hours apart, unless it is too young.
    """
    with engine.begin() as connection:
        _silence(connection, "DISABLE")
        sizes = {"articles": articles, "stories": stories, "now": NOW, "epoch": EPOCH}
        for part in (OUTLETS_SQL, ARTICLES_SQL, DOCUMENTS_SQL, STORIES_SQL):
            _run(connection, part, **sizes, details=json.dumps(to_json(made_up_details(NOW))))
        _keep_versions(connection, versions)
        if model:
            _run(connection, VECTORS_SQL, tag=model, dimensions=dimensions)
            connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
            connection.execute(
                text(
                    "CREATE INDEX ix_vectors_hnsw_1 ON vectors USING hnsw "
                    f"((vector::halfvec({dimensions})) halfvec_cosine_ops) WHERE model_id = 1"
                )
            )
        _silence(connection, "ENABLE")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def made_up_details(now: datetime) -> Details:
    """As much as `describe` tells of a story of several reports; `@` stands for its id."""
    reports = [TimedReport(f"outlet-{n}", now - timedelta(minutes=9 * n)) for n in range(1, 6)]
    return Details(
        summary=tuple(
            Quote(
                n,
                f"outlet-{n}",
                f"A sentence about @ that outlet {n} wrote, of usual length.",
                complete=True,
            )
            for n in range(1, 4)
        ),
        entities=tuple(Entity(f"Name {n} of @", Kind.PERSON, n) for n in range(1, 9)),
        developments=tuple(
            Development(n, f"outlet-{n}", now, f"Something new about @, number {n}", n)
            for n in range(1, 4)
        ),
        pace=measure_pace(reports),
        delays=tuple(list_delays(reports)),
        rank=compute_rank(3, now),
    )


def _keep_versions(connection: Connection, versions: int) -> None:
    """Each story as it stands, as the version that is open, and how it grew to that."""
    shared = {column.key for column in StoryRow.__table__.columns}
    names = [c.key for c in StoryVersionRow.__table__.columns if c.key in shared]
    grown = {"rank": "rank - (last - n)", "independent": "greatest(1, independent * n / last)"}
    connection.execute(
        text(f"""
        INSERT INTO story_versions ({", ".join(names)}, valid_from, valid_until)
        SELECT {", ".join(grown.get(name, name) for name in names)},
               emerged_at + (n - 1) * age, CASE WHEN n < last THEN emerged_at + n * age END
        FROM stories,
        LATERAL (SELECT interval '3 hours' AS age) AS a,
        LATERAL (SELECT least(:versions, 1 + floor(extract(epoch FROM :now - emerged_at)
                                                   / extract(epoch FROM age))::int) AS last) AS l,
        generate_series(1, last) AS n
        """),
        {"versions": versions, "now": NOW},
    )


def _silence(connection: Connection, how: str) -> None:
    for table in SILENT:
        connection.execute(text(f"ALTER TABLE {table} {how} TRIGGER USER"))


def _run(connection: Connection, statements: str, **values: object) -> None:
    """Run several statements, each with those of the values that it names."""
    for statement in statements.split(";\n"):
        if statement.strip():
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), named)
