"""Details of stories that earlier versions stored stay readable, so no field may be renamed."""

from dataclasses import asdict

from service.domain.stories.description import Details
from service.store.stories.details import from_json

#: As stored since migration 0030.
STORED = {
    "summary": [
        {
            "article": 1,
            "outlet": "quay",
            "text": "A ferry struck the pier.",
            "complete": True,
            "lang": "",
            "at": None,
        }
    ],
    "entities": [{"name": "Orlan", "kind": "place", "articles": 2}],
    "developments": [
        {
            "article": 1,
            "outlet": "quay",
            "at": "2023-04-25T12:00:00Z",
            "title": "Ferry strikes pier",
            "outlets": 1,
        }
    ],
    "pace": {
        "articles_per_hour": 0.5,
        "outlets_per_hour": 0.5,
        "until": "2023-04-25T12:00:00Z",
        "peak_articles": 1,
        "peak_at": "2023-04-25T12:00:00Z",
    },
    "delays": [{"outlet": "bay", "at": "2023-04-25T12:00:00Z", "delay": "PT2H", "copy": True}],
    "rank": {"age": 467364.0, "coverage": 12.0, "velocity": 3.0},
    "agencies": [{"name": "Wire", "slug": "wire", "articles": [1, 2]}],
    "headlines": [{"lang": "en", "article": 1}],
    "local_summary": [{"article": 2, "outlet": "rive", "text": "Un ferry a heurté le quai."}],
}


def test_each_stored_field_is_read() -> None:
    details = from_json(STORED)
    assert asdict(details).keys() == STORED.keys()
    assert all(asdict(details).values())
    assert details.rank is not None
    assert details.rank.total == 467379.0


def test_agency_needs_a_visible_article() -> None:
    details = from_json(STORED)
    [agency] = details.limit_to_articles({2}, {2}).agencies
    assert agency.articles == (2,)
    assert details.limit_to_articles({3}, {3}).agencies == ()


def test_unknown_format_is_empty() -> None:
    assert from_json(STORED | {"rank": {"total": 1}}) == Details()
