"""Settings for sample feeds, which a server on this machine serves."""

from dataclasses import replace

from service.settings.load import Settings

LOOPBACK = "127.0.0.0/8"


def for_samples(settings: Settings) -> Settings:
    """Change settings for feeds that are all on one server on this machine.

    Requests to loopback are allowed. The limits per host are removed, because all feeds have the
    same host. Only errors are logged.
    """
    fetch = replace(
        settings.fetch,
        allow_networks=(*settings.fetch.allow_networks, LOOPBACK),
        per_host=settings.fetch.concurrency,
        host_delay_seconds=0,
    )
    return replace(settings, fetch=fetch, log=replace(settings.log, level="error", format="text"))


def fetch_in_order(settings: Settings) -> Settings:
    """Fetch and parse feeds one after the other.

    So articles and stories get the same ids in each new demo; the documentation refers to them.
    """
    fetch = replace(settings.fetch, concurrency=1, per_host=1)
    return replace(settings, fetch=fetch, parse=replace(settings.parse, workers=1))
