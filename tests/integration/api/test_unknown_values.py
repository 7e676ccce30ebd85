"""Filters reject unknown values with the nearest known one; forms offer the known values."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.content.site.texts import MEETING, STORYLINE
from tests.support.servers.site import Site, serving_world


@pytest.fixture(scope="module")
def site(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server with the sample stories; read-only."""
    with serving_world(new_database()) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/v1/stories?outlet=cedar-herald", "did you mean cedar (Cedar Herald)?"),
        ("/v1/stories?outlet=cedar&outlet=pearls", "did you mean pearl (Pearl Observer)?"),
        ("/v1/stories?family=volgas", "did you mean volga (Volga)?"),
        ("/v1/stories?storyline=ankara", f"did you mean {STORYLINE} ("),
        ("/v1/stories?country=UK", "did you mean GB (United Kingdom)?"),
        ("/v1/stories?language=english", "did you mean en (English)?"),
        ("/v1/stories?state=opened", "did you mean open?"),
        ("/v1/stories?sort=new", "did you mean newest?"),
        ("/v1/stories/feed.rss?outlet=cedars", "did you mean cedar"),
        ("/v1/articles?outlet=cedars", "did you mean cedar"),
        ("/v1/articles?family=volgas", "did you mean volga"),
        ("/v1/articles?type=reports", "did you mean report?"),
        ("/v1/articles?story=none", "Unknown story 'none'"),
        ("/v1/articles?feed=99", "Unknown feed 99"),
        ("/v1/search?q=talks&mode=keyword&outlet=cedars", "did you mean cedar"),
        ("/v1/search/feed.atom?q=talks&mode=keyword&outlet=cedars", "did you mean cedar"),
        ("/v1/outlets?family=volgas", "did you mean volga"),
        ("/v1/feeds?outlet=cedars", "did you mean cedar"),
        ("/v1/feeds?status=activ", "did you mean active?"),
        ("/v1/runs?job=fetsh", "did you mean fetch?"),
        ("/?outlet=cedars", "did you mean cedar"),
    ],
)
def test_unknown_value_is_rejected_with_the_nearest(site: Site, path: str, hint: str) -> None:
    response = site.get(path)
    assert response.status == 422, response.text
    assert hint in response.json["detail"]


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/stories?outlet=cedar&family=volga&storyline={STORYLINE}&country=gb",
        f"/v1/articles?outlet=cedar&story={MEETING}",
        "/v1/search?q=talks&mode=keyword&outlet=cedar",
        "/v1/runs?job=fetch",
        "/?outlet=&outlet=cedar&family=&storyline=",
    ],
)
def test_known_value_is_accepted(site: Site, path: str) -> None:
    assert site.get(path).status == 200


def test_front_page_offers_the_known_values(site: Site) -> None:
    page = site.page("/?outlet=cedar&country=LB").text
    assert '<option value="cedar">Cedar Herald</option>' in page
    assert 'href="/?outlet=cedar&amp;country=LB&amp;family=volga"' in page
    assert 'href="/?outlet=cedar" aria-current="true" dir="auto" rel="nofollow">Lebanon</a>' in page
    assert f'href="/?outlet=cedar&amp;country=LB&amp;storyline={STORYLINE}"' in page
    assert 'name="outlet" value="cedar"' in page
