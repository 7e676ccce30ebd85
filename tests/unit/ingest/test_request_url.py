"""URLs of requests are sent as written."""

import pytest

from service.ingest.fetching.request_url import join_location, parse_url


@pytest.mark.parametrize(
    "target",
    [
        "/a%2Bb/c%2fD?x=%2B+%2F&y=%7e",
        "/feed?",
        "/feed?a=b?c=d&&e",
        "/a/../b//c/./d",
        "/caf%C3%A9;v=1?q='(x)'|[y]",
        "/%zz%",
        "/s3?X-Amz-Signature=aB%2F%3D&X-Amz-Credential=k%2f20200420",
    ],
)
def test_target_is_sent_as_written(target: str):
    url, _ = parse_url(f"https://Outlet.example:8443{target}#part")

    assert url.sent.raw_path_qs == target
    assert (url.sent.scheme, url.sent.host, url.sent.port) == ("https", "outlet.example", 8443)
    assert url.text == f"https://outlet.example:8443{target}"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("http://outlet.example", "/"),
        ("http://outlet.example?a=1", "/?a=1"),
        (" http://outlet.example/a b/é\n", "/a%20b/%C3%A9"),
    ],
)
def test_only_what_http_cannot_transport_is_escaped(text: str, target: str):
    assert parse_url(text)[0].sent.raw_path_qs == target


def test_international_host_is_encoded():
    assert parse_url("http://bücher.example/")[0].sent.raw_host == "xn--bcher-kva.example"


def test_credentials_become_a_header():
    url, authorization = parse_url("http://reader:p%40ss@[::1]:80/feed")

    assert authorization == "Basic cmVhZGVyOnBAc3M="
    assert url.text == "http://[::1]/feed"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/b%2Fc?", "http://outlet.example/b%2Fc?"),
        ("c?x=%2b#top", "http://outlet.example/a/c?x=%2b"),
        ("?", "http://outlet.example/a/b?"),
        ("//cdn.example/f?", "http://cdn.example/f?"),
        ("HTTPS://user:secret@cdn.example/F?a?b", "https://cdn.example/F?a?b"),
    ],
)
def test_redirect_target_is_kept_as_written(location: str, expected: str):
    base, _ = parse_url("http://outlet.example/a/b?old=1")

    assert join_location(base, location).text == expected


@pytest.mark.parametrize("location", ["", "file:///etc/passwd", "http://", "http://[", "data:,x"])
def test_redirect_to_another_scheme_is_rejected(location: str):
    base, _ = parse_url("http://outlet.example/a")

    with pytest.raises(ValueError, match=r"."):
        join_location(base, location)
