"""Migration 0033 (identity of entries); upgrade and downgrade."""

from sqlalchemy import Engine, text

from service.domain.identity.keys import link_keys
from service.store.database.sessions import Sessions
from tests.support.database.migrations import migrate
from tests.support.database.rows import Rows

KEY, LINK = "https://outlet.example/a", "http://outlet.example/a/?at_ptr=1#top"
LINKS = {"article": LINK, "key": KEY, "urn": "urn:samestory:1"}


def test_upgrade_keeps_ids_and_shows_the_links_of_the_publisher(engine: Engine, sessions: Sessions):
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("one")
        ids = {name: rows.article(outlet, name).id for name in LINKS}
    migrate(engine, "0032", up=False)
    with engine.begin() as connection:
        for name, link in LINKS.items():
            url = KEY if name == "article" else link
            connection.execute(
                text(
                    "UPDATE articles SET url = :url, link = :link, updated = :updated WHERE id = :id"
                ),
                {
                    "url": url,
                    "link": LINK if name == "article" else None,
                    "updated": "2099-01-01T00:00Z",
                    "id": ids[name],
                },
            )
        connection.execute(
            text("INSERT INTO article_urls (url_hash, article_id) VALUES (:key, :id)"),
            {"key": link_keys("urn:samestory:1")[0], "id": ids["urn"]},
        )
    migrate(engine, "head", up=True)
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT id, url, updated FROM articles")).all()
        rows_of_keys = connection.execute(text("SELECT key_hash, article_id FROM article_keys"))
        keys = {bytes(key): article_id for key, article_id in rows_of_keys}
    assert {(key, url, updated) for key, url, updated in stored} == {
        (ids[name], link, None) for name, link in LINKS.items()
    }
    assert {keys[link_keys(link)[0]] for link in LINKS.values()} == set(ids.values())
