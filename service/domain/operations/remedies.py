"""Errors of feeds in words, with the remedy for each kind."""

from dataclasses import dataclass

from service.errors import FeedError


@dataclass(frozen=True, slots=True)
class Explanation:
    """Meaning of an error kind, and the remedy."""

    meaning: str
    remedy: str


_UNKNOWN = Explanation(
    "The feed could not be read",
    "Read the message. If it does not explain the reason, search the service log for this feed",
)
_NETWORK = (
    "Open the address in a browser. If it fails there too, wait, or pause the feed. If it works "
    "there, check the network of this machine"
)

#: By `FeedError.kind`.
EXPLANATIONS = {
    "bad_url": Explanation("The address is not a valid URL", "Set another address to fetch"),
    "address_not_allowed": Explanation(
        "The host has a private address",
        "If the feed is on your own network, add the network to fetch.allow_networks",
    ),
    "unreachable": Explanation("The server cannot be reached", _NETWORK),
    "timeout": Explanation(
        "The server did not respond in time",
        "Nothing to do if this is rare. Otherwise set a longer interval or raise "
        "fetch.timeout_seconds",
    ),
    "redirect": Explanation(
        "The redirects do not lead to a document",
        "Find the feed on the site, and set its address as the address to fetch",
    ),
    "bad_status": Explanation(
        "The server responded with an error",
        "404: find the new address on the site. 401 or 403: the publisher does not allow feed "
        "readers, or requires another user agent. 5xx: wait",
    ),
    "gone": Explanation(
        "The publisher removed the feed (410)",
        "Retire the feed, and look for another feed of the outlet",
    ),
    "bot_protection": Explanation(
        "A bot protection blocks the request",
        "Ask the publisher for access, or set the user agent that the publisher allows",
    ),
    "host_busy": Explanation(
        "The host requested a pause", "Nothing to do: the next fetch follows after the pause"
    ),
    "broken_response": Explanation(
        "The response is incomplete or malformed",
        "Wait. If the error persists, report it to the publisher",
    ),
    "empty": Explanation(
        "The response is empty", "Wait. If the error persists, find the new address on the site"
    ),
    "too_large": Explanation(
        "The document is too large",
        "Raise fetch.max_received_bytes and fetch.max_body_bytes, or look for a shorter feed",
    ),
    "decompression_bomb": Explanation(
        "The document is far larger after decompression", "Pause the feed and report it"
    ),
    "not_a_feed": Explanation(
        "The document is not a feed",
        "Find the feeds of the site: choose “Add feeds”, and enter the address of the site",
    ),
    "parse_timeout": Explanation(
        "The document takes too long to parse", "Raise parse.timeout_seconds, or pause the feed"
    ),
    "parse_crash": Explanation(
        "The parser process ended early", "Raise parse.memory_mib, or pause the feed"
    ),
    "internal": Explanation("Unexpected error", "Report it with the entry of the service log"),
    "refused": Explanation("The publisher does not allow the reading of pages", "Nothing to do"),
    FeedError.kind: _UNKNOWN,
}


def explain_feed_error(kind: str | None) -> Explanation:
    """The error kind of a feed in words, and its remedy."""
    return EXPLANATIONS.get(kind or "", _UNKNOWN)
