"""The faults of the chaos server, with the expected results; see `chaos_server`."""

import gzip
import sys
import zlib

import brotli

from tests.support.servers.chaos_server import (
    Fault,
    Respond,
    chunked,
    coded,
    hang,
    head,
    if_conditional,
    redirect,
    send,
    sized,
    with_cookie,
)
from tests.support.servers.feed_server import RSS, gzip_bomb

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP, BROTLI, ZSTD = gzip.compress(RSS), brotli.compress(RSS), zstd.compress(RSS)
_LENGTH = b"Content-Length: %d" % len(RSS)
_CHUNKED = b"Transfer-Encoding: chunked"
_NEVER_DECODED = b"Content-Encoding: x-unknown"


def aws_chunked(body: bytes) -> bytes:
    """The body in the framing of signed uploads to S3."""
    signature = b";chunk-signature=" + b"0" * 64
    return b"%x%s\r\n%s\r\n0%s\r\n\r\n" % (len(body), signature, body, signature)


def _page(title: str, body: str = "", status: bytes = b"403 Forbidden", *lines: bytes) -> Respond:
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"
    return sized(
        b"Content-Type: text/html", *lines, body=page.encode(), status=b"HTTP/1.1 " + status
    )


def _large_headers(count: int, size: int) -> list[bytes]:
    return [b"X-Header-%d: %s" % (number, b"v" * size) for number in range(count)]


HEADS = {
    "header-of-64-kb": Fault(sized(b"Set-Cookie: a=" + b"x" * 65_000)),
    "headers-of-64-kb": Fault(sized(*_large_headers(64, 1000))),
    "500-headers": Fault(sized(*_large_headers(500, 10))),
    "header-without-colon": Fault(sized(b"X-Cache HIT from proxy")),
    "header-without-name": Fault(sized(b": value")),
    "header-with-space-in-name": Fault(sized(b"X Cache: HIT")),
    "header-with-space-before-colon": Fault(sized(b"Content-Type : text/xml")),
    "header-with-control-characters": Fault(sized(b"X-Title: a\x00b\x07c")),
    "header-with-latin-1": Fault(sized(b"X-Title: caf\xe9", b"X-N\xe4me: x")),
    "php-warning-in-head": Fault(sized(b"Warning: mysql_connect()", b"<br />", b"PHP Notice")),
    "folded-header": Fault(sized(b"X-Long: first", b"  second")),
    "bare-line-feeds": Fault(send(head(_LENGTH).replace(b"\r\n", b"\n") + RSS)),
    "no-reason": Fault(sized(status=b"HTTP/1.1 200")),
    "reason-with-latin-1": Fault(sized(status=b"HTTP/1.1 200 tr\xe8s bien")),
    "http-1.0": Fault(send(head(status=b"HTTP/1.0 200 OK") + RSS, close=True)),
    "http-2-in-clear-text": Fault(sized(status=b"HTTP/2 200")),
    "icecast-status": Fault(send(head(status=b"ICY 200 OK") + RSS, close=True)),
    "lower-case-status-line": Fault(sized(status=b"http/1.1 200 ok")),
    "leading-blank-line": Fault(send(b"\r\n" + head(_LENGTH) + RSS)),
    "early-hints": Fault(
        send(head(b"Link: </a.css>", status=b"HTTP/1.1 103 Early Hints"), head(_LENGTH) + RSS)
    ),
    "upgrade-offered": Fault(sized(b"Connection: Upgrade", b"Upgrade: h2,h2c")),
    "head-byte-by-byte": Fault(send(*(bytes([each]) for each in head(_LENGTH)), RSS, pause=0.0005)),
    "headers-over-the-limit": Fault(sized(b"X: " + b"x" * 100_000), "broken_response", "KiB"),
    "too-many-headers": Fault(sized(*_large_headers(2000, 5)), "broken_response", "512 headers"),
    "endless-head": Fault(
        send(*[head(*_large_headers(1000, 90))[:-2]] * 5), "broken_response", "exceed"
    ),
    "not-http": Fault(send(b"220 mail.example ESMTP\r\n", close=True), "broken_response", "HTTP"),
    "switching-protocols": Fault(
        send(head(b"Upgrade: x", status=b"HTTP/1.1 101 Switching")), "broken_response", "protocol"
    ),
}

FRAMING = {
    "equal-lengths": Fault(send(head(_LENGTH, _LENGTH) + RSS)),
    "equal-lengths-in-one-header": Fault(send(head(_LENGTH + b", %d" % len(RSS)) + RSS)),
    "different-lengths": Fault(
        send(head(_LENGTH, b"Content-Length: 5") + RSS, close=True), "broken_response", "5 and"
    ),
    "length-that-is-no-number": Fault(send(head(b"Content-Length: abc") + RSS, close=True)),
    "negative-length": Fault(send(head(b"Content-Length: -1") + RSS, close=True)),
    "chunked-with-length": Fault(send(head(_LENGTH, _CHUNKED) + chunked(RSS))),
    "chunked-with-wrong-length": Fault(send(head(b"Content-Length: 3", _CHUNKED) + chunked(RSS))),
    "chunked-twice": Fault(send(head(_CHUNKED, _CHUNKED) + chunked(RSS))),
    "chunked-only-in-the-header": Fault(send(head(_LENGTH, _CHUNKED), RSS, pause=0.02)),
    "chunked-only-in-the-header-until-close": Fault(send(head(_CHUNKED), RSS, close=True)),
    "chunked-in-gzip": Fault(send(head(b"Transfer-Encoding: gzip, chunked") + chunked(GZIP))),
    "identity-transfer": Fault(send(head(b"Transfer-Encoding: identity", _LENGTH) + RSS)),
    "length-before-compression": Fault(
        send(head(_LENGTH, b"Content-Encoding: gzip") + GZIP, close=True)
        if len(RSS) > len(GZIP)
        else send(head(b"Content-Length: 9999", b"Content-Encoding: gzip") + GZIP, close=True)
    ),
    "more-than-announced": Fault(send(head(_LENGTH) + RSS + b"<!-- cached -->")),
    "more-than-announced-later": Fault(send(head(_LENGTH) + RSS, b"<!-- cached -->", pause=0.01)),
    "truncated": Fault(send(head(b"Content-Length: 9999") + RSS, close=True), "broken_response"),
    "truncated-chunk": Fault(
        send(head(_CHUNKED) + b"fff\r\n" + RSS[:100], close=True), "broken_response"
    ),
    "closed-at-once": Fault(send(close=True), "unreachable"),
    "hangs": Fault(hang(), "timeout"),
    "hangs-in-body": Fault(hang(head(_LENGTH) + RSS[:50]), "timeout"),
}

CODINGS = {
    "coding-none": Fault(coded(b"none", RSS)),
    "coding-utf-8": Fault(coded(b"UTF-8", RSS)),
    "coding-unknown": Fault(coded(b"x-unknown", RSS)),
    "coding-unknown-and-not-text": Fault(
        sized(_NEVER_DECODED, body=b"\x01\x02" * 50), "broken_response", "x-unknown"
    ),
    "aws-chunked": Fault(coded(b"aws-chunked", RSS)),
    "aws-chunked-with-gzip": Fault(coded(b"aws-chunked,gzip", GZIP)),
    "aws-chunked-with-frames": Fault(coded(b"aws-chunked", aws_chunked(RSS))),
    "aws-chunked-with-frames-and-gzip": Fault(coded(b"gzip,aws-chunked", aws_chunked(GZIP))),
    "brotli": Fault(coded(b"br", BROTLI)),
    "zstd": Fault(coded(b"zstd", ZSTD)),
    "zstd-without-header": Fault(coded(b"", ZSTD)),
    "gzip-without-header": Fault(coded(b"", GZIP)),
    "gzip-under-another-name": Fault(coded(b"br", GZIP)),
    "gzip-twice": Fault(coded(b"gzip", gzip.compress(GZIP))),
    "gzip-twice-in-the-header": Fault(coded(b"gzip, gzip", GZIP)),
    "repeated-header": Fault(
        sized(b"Content-Encoding: gzip", b"Content-Encoding: gzip", body=GZIP)
    ),
    "brotli-in-gzip": Fault(coded(b"br, gzip", gzip.compress(BROTLI))),
    "brotli-only-in-the-header": Fault(coded(b"br", RSS)),
    "gzip-only-in-the-header": Fault(coded(b"gzip", RSS)),
    "deflate-raw": Fault(coded(b"deflate", zlib.compress(RSS)[2:-4])),
    "gzip-five-times": Fault(
        coded(b"gzip", gzip.compress(gzip.compress(gzip.compress(gzip.compress(GZIP))))),
        "broken_response",
        "codings",
    ),
    "brotli-truncated": Fault(coded(b"br", BROTLI[:-20]), "broken_response", "truncated"),
    "zstd-truncated": Fault(coded(b"zstd", ZSTD[:-20]), "broken_response", "truncated"),
    "brotli-broken": Fault(coded(b"br", b"\x1b\xff" + BROTLI[9:]), "broken_response", "compressed"),
    "gzip-bomb": Fault(coded(b"gzip", gzip_bomb(64)), "decompression_bomb"),
    "brotli-bomb": Fault(
        coded(b"br", brotli.compress(b" " * (64 << 20), quality=5)), "decompression_bomb"
    ),
    "zstd-bomb": Fault(coded(b"zstd", zstd.compress(b" " * (64 << 20))), "decompression_bomb"),
    "gzip-twice-bomb": Fault(coded(b"gzip", gzip.compress(gzip_bomb(64))), "decompression_bomb"),
    "gzip-with-endless-padding": Fault(
        coded(b"gzip", gzip.compress(GZIP + bytes(64 << 20))), "decompression_bomb"
    ),
}

STATUSES = {
    "non-authoritative": Fault(sized(status=b"HTTP/1.1 203 Non-Authoritative Information")),
    "instance-manipulation": Fault(sized(b"IM: feed", status=b"HTTP/1.1 226 IM Used")),
    "created": Fault(sized(status=b"HTTP/1.1 201 Created")),
    "no-content": Fault(
        send(head(b"Connection: close", status=b"HTTP/1.1 204 No Content"), close=True), "empty"
    ),
    "gone": Fault(sized(body=b"", status=b"HTTP/1.1 410 Gone"), "gone"),
    "error-page-that-hangs": Fault(
        hang(head(b"Content-Length: 500", status=b"HTTP/1.1 500 Oops") + b"<html>"), "bad_status"
    ),
    "no-conditional-requests": Fault(
        if_conditional(sized(body=b"", status=b"HTTP/1.1 412 Precondition Failed"), sized())
    ),
    "unchanged-with-body": Fault(
        if_conditional(
            send(head(_LENGTH, status=b"HTTP/1.1 304 Not Modified") + RSS, pause=0.01),
            sized(b'ETag: "1"'),
        )
    ),
    "unchanged-with-unannounced-body": Fault(
        if_conditional(
            send(head(status=b"HTTP/1.1 304 Not Modified"), RSS, pause=0.01),
            sized(b'ETag: "1"'),
        )
    ),
    "unchanged-with-chunked-body": Fault(
        if_conditional(
            send(head(_CHUNKED, status=b"HTTP/1.1 304 Not Modified"), chunked(RSS), pause=0.01),
            sized(b'ETag: "1"'),
        )
    ),
}

REDIRECTS = {
    "cookie-wall": Fault(
        with_cookie("seen=1", sized(), redirect("cookie-wall", b"Set-Cookie: seen=1; Path=/"))
    ),
    "cookie-via-another-page": Fault(with_cookie("consent=yes", sized(), redirect("set-consent"))),
    "set-consent": Fault(redirect("cookie-via-another-page", b"Set-Cookie: consent=yes; Path=/")),
    "two-cookies": Fault(
        with_cookie(
            "b=2",
            sized(),
            redirect(
                "two-cookies",
                b"Set-Cookie: a=1; Path=/; HttpOnly; SameSite=Lax",
                b"Set-Cookie: b=2; Path=/; Expires=Fri, 01 Jan 2100 00:00:00 GMT",
                b"Set-Cookie: c=3; Path=/elsewhere",
            ),
        )
    ),
    "cookie-in-vain": Fault(redirect("cookie-in-vain", b"Set-Cookie: a=1; Path=/"), "redirect"),
    "redirect-to-itself": Fault(redirect("redirect-to-itself"), "redirect", "loop"),
    "redirect-to-a-private-address": Fault(
        redirect("http://169.254.169.254/latest/"), "address_not_allowed"
    ),
}

BOT_PROTECTIONS = {
    "cloudflare": Fault(
        _page(
            "Just a moment...",
            "<script>window._cf_chl_opt={}</script>",
            b"403 Forbidden",
            b"cf-mitigated: challenge",
        ),
        "bot_protection",
        "Cloudflare",
    ),
    "cloudflare-with-status-503": Fault(
        _page("Just a moment...", "Checking your browser", b"503 Service Unavailable"),
        "bot_protection",
        "Cloudflare",
    ),
    "cloudflare-with-status-200": Fault(
        _page("Just a moment...", "<script>window._cf_chl_opt={}</script>", b"200 OK"),
        "bot_protection",
        "Cloudflare",
    ),
    "cloudflare-firewall": Fault(
        sized(b"Server: cloudflare", body=b"error code: 1020", status=b"HTTP/1.1 403 Forbidden"),
        "bot_protection",
        "Cloudflare",
    ),
    "datadome": Fault(
        _page("site.example", "<script src='https://ct.captcha-delivery.com/c.js'></script>"),
        "bot_protection",
        "DataDome",
    ),
    "aws-challenge": Fault(
        sized(b"x-amzn-waf-action: challenge", body=b"", status=b"HTTP/1.1 202 Accepted"),
        "bot_protection",
        "AWS WAF",
    ),
    "imperva-with-status-200": Fault(
        _page("Pardon Our Interruption", "As you were browsing …", b"200 OK"),
        "bot_protection",
        "Imperva",
    ),
    "unknown-protection": Fault(
        _page("Security check", "Please verify you are human", b"429 Too Many Requests"),
        "bot_protection",
        "bot protection",
    ),
    "protection-in-gzip": Fault(
        sized(
            b"Content-Encoding: gzip",
            body=gzip.compress(b"<html><title>Attention Required! | Cloudflare</title></html>"),
            status=b"HTTP/1.1 403 Forbidden",
        ),
        "bot_protection",
        "Cloudflare",
    ),
    "forbidden-by-the-origin": Fault(
        sized(b"Server: cloudflare", body=b"Forbidden", status=b"HTTP/1.1 403 Forbidden"),
        "bad_status",
        "403",
    ),
}

FAULTS = HEADS | FRAMING | CODINGS | STATUSES | REDIRECTS | BOT_PROTECTIONS
