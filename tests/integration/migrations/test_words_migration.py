"""Migrations 0055 and 0057 (words in all scripts): they index existing rows again."""

from sqlalchemy import Engine, text

from service.store.database.sessions import Sessions
from tests.support.database.migrations import migrate
from tests.support.database.rows import Rows

FOUND = """
SELECT array_agg(outlets.slug ORDER BY outlets.slug) FROM article_documents
JOIN outlets ON outlets.id = article_documents.outlet_id
WHERE document @@ CAST(:query AS tsquery)
"""
KEYWORDS = """
SELECT array_agg(id) FROM stories WHERE keyword_document(keywords, languages) @@ 'elysee'::tsquery
"""


def test_downgrade_and_upgrade_index_existing_rows_again(engine: Engine, sessions: Sessions):
    with sessions.begin() as session:
        rows = Rows(session)
        french, polish, chinese = (
            rows.article(rows.outlet(name, language=language), title)
            for name, language, title in (
                ("matin", "fr", "À l’Élysée"),
                ("gazeta", "pl", "Rząd Polski"),
                ("ribao", "zh", "關於中國"),
            )
        )
        rows.story("one", [french, polish, chinese], keywords=["Élysée"])
    migrate(engine, "0053", up=False)
    assert found(engine, "élysée") == ["matin"]
    assert found(engine, "elysee") is None
    assert found(engine, "中 <-> 國") == ["ribao"]
    migrate(engine, "head", up=True)
    assert found(engine, "elysee") == ["matin"]
    assert found(engine, "polsk & '@pl'") == ["gazeta"]
    assert found(engine, "中 <-> 国") == ["ribao"]
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        assert connection.scalar(text(KEYWORDS)) == ["one"]


def found(engine: Engine, query: str) -> list[str] | None:
    with engine.connect() as connection:
        outlets: list[str] | None = connection.scalar(text(FOUND), {"query": query})
    return outlets


def test_frequent_arabic_words_keep_their_first_letter(engine: Engine, sessions: Sessions):
    with sessions.begin() as session:
        rows = Rows(session)
        for name, title in (("lebanon", "جيش لبنان"), ("kenya", "زلزال بكينيا")):
            rows.article(rows.outlet(name, language="ar"), title)
    migrate(engine, "0055", up=False)
    assert found(engine, "بنان") == ["lebanon"]
    assert found(engine, "كينيا") == ["kenya"]
    migrate(engine, "head", up=True)
    assert found(engine, "بنان") is None
    assert found(engine, "كينيا") == ["kenya"]
