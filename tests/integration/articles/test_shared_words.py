"""Articles that share rare words with given ones, for `place`."""

from datetime import timedelta

from service.store.articles import articles
from service.store.database.sessions import Sessions
from tests.support.database.rows import NOW, Rows

HOUR = timedelta(hours=1)


def test_each_article_finds_the_nearest_in_time_among_its_own_words(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("daily")

        def add(hours: float, *words: int) -> int:
            return rows.article(outlet, "", at=NOW + hours * HOUR, word_keys=list(words)).id

        given, other, common, quiet = add(0, 1, 2, 3), add(1, 9, 8), add(0, 3), add(0)
        near, nearer, far = add(-3, 2), add(-1, 7, 1), add(-30, 1)
        after = add(2, 8)

        def find(*ids: int, limit: int = 5) -> set[int]:
            times = articles.load_report_times(session, ids)
            return articles.find_sharing_words(session, times, keys=2, reach=24 * HOUR, limit=limit)

        assert find(given) == {near, nearer}, f"{common} shares the third word, {far} is too old"
        assert find(given, other) == {near, nearer, after}
        assert find(given, other, limit=1) == {nearer, after}
        assert find(quiet) == find() == set()
