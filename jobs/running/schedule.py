"""Job schedule: every job with its interval and grace period."""

from jobs.alerts import alerts
from jobs.close import close
from jobs.describe import describe
from jobs.digest import digest
from jobs.embed import embed
from jobs.fetch import fetch
from jobs.link import link
from jobs.place import place
from jobs.read_pages import read_pages
from jobs.reconcile import reconcile
from jobs.running.runner import Job
from jobs.tidy import tidy
from jobs.webhooks import webhooks
from service.settings.daemon import ScheduleSettings

MINUTE = 60
HOUR = 60 * MINUTE


def build_schedule(settings: ScheduleSettings) -> tuple[Job, ...]:
    """Return all jobs in the order in which an article passes through them.

    Grace periods are long where a late run is as good as a punctual one, so that each job runs once
    after the machine was suspended.
    """
    return (
        #   name        every               grace, s     function
        Job("fetch", settings.fetch, 10 * MINUTE, fetch),
        Job("read_pages", settings.read_pages, 10 * MINUTE, read_pages),
        Job("embed", settings.embed, 10 * MINUTE, embed),
        Job("place", settings.place, 10 * MINUTE, place),
        Job("reconcile", settings.reconcile, HOUR, reconcile),
        Job("describe", settings.describe, 10 * MINUTE, describe),
        Job("link", settings.link, HOUR, link),
        Job("close", settings.close, HOUR, close),
        Job("digest", settings.digest, HOUR, digest),
        Job("webhooks", settings.webhooks, HOUR, webhooks),
        Job("alerts", settings.alerts, 10 * MINUTE, alerts),
        Job("tidy", settings.tidy, HOUR, tidy),
    )
