"""Job schedule: every job with its interval and grace period."""

from jobs.close import close
from jobs.describe import describe
from jobs.embed import embed
from jobs.export import export
from jobs.fetch import fetch
from jobs.link import link
from jobs.place import place
from jobs.read_pages import read_pages
from jobs.reconcile import reconcile
from jobs.reembed import reembed
from jobs.running.runner import Job
from jobs.sending.alerts import alerts
from jobs.sending.digest import digest
from jobs.sending.webhooks import webhooks
from jobs.tidy import tidy
from service.settings.load import Settings

MINUTE = 60
HOUR = 60 * MINUTE


def build_schedule(settings: Settings) -> tuple[Job, ...]:
    """Return all jobs in the order in which an article passes through them.

    Grace periods are long where a late run is as good as a punctual one, so that each job runs once
    after the machine was suspended.
    """
    every, longest = settings.schedule, settings.run_limits
    return (
        #   name    every, s    grace, s    function    longest run, s
        Job("fetch", every.fetch, 10 * MINUTE, fetch, longest.fetch),
        Job("read_pages", every.read_pages, 10 * MINUTE, read_pages, longest.read_pages),
        Job("embed", every.embed, 10 * MINUTE, embed, longest.embed),
        Job("reembed", every.reembed, 10 * MINUTE, reembed, longest.reembed),
        Job("place", every.place, 10 * MINUTE, place, longest.place),
        Job("reconcile", every.reconcile, HOUR, reconcile, longest.reconcile),
        Job("describe", every.describe, 10 * MINUTE, describe, longest.describe),
        Job("link", every.link, HOUR, link, longest.link),
        Job("close", every.close, HOUR, close, longest.close),
        Job("digest", every.digest, HOUR, digest, longest.digest),
        Job("webhooks", every.webhooks, HOUR, webhooks, longest.webhooks),
        Job("alerts", every.alerts, 10 * MINUTE, alerts, longest.alerts),
        Job("export", every.export, HOUR, export, longest.export),
        Job("tidy", every.tidy, HOUR, tidy, longest.tidy),
    )
