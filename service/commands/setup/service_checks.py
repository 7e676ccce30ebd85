"""Checks of the parts of a service: database, embedding model, mail server, feeds."""

import asyncio
import operator
import time
from datetime import UTC, datetime

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from service.commands.setup.findings import Finding
from service.compute.loader import ComputeLoader
from service.embed.loader import load_encoder
from service.errors.redaction import redact_url
from service.ingest.fetching.fetch import FetchRequest, fetch_all
from service.mail.deliver import require_site
from service.mail.sender import PluginSender
from service.mail.smtp import check_server
from service.settings.load import Settings
from service.settings.sections.compute import LOCAL, ComputeSettings
from service.settings.sections.embedding import EmbedSettings
from service.store.catalogue.feeds import FeedStatus
from service.store.database import schema
from service.store.maintenance.comparison import find_differences
from service.store.tables import FeedRow

#: Largest difference between the clocks of this machine and of the database, in seconds.
_MAX_CLOCK_DIFFERENCE = 5.0
#: Feeds that are fetched to check the network.
_SAMPLE = 3


def check_database(engine: Engine) -> Finding:
    """Whether the database has the schema of this version, and agrees about the time.

    Raises:
        DatabaseError: the database is unreachable, or has another revision.
    """
    revision = schema.check(engine)
    with engine.connect() as connection:
        now = connection.scalar(select(func.clock_timestamp()))
        version = connection.scalar(text("SELECT current_setting('server_version')"))
        size = connection.scalar(text("SELECT pg_database_size(current_database())"))
    seconds = abs((datetime.now(UTC) - now).total_seconds()) if now else 0.0
    if seconds > _MAX_CLOCK_DIFFERENCE:
        text_ = f"its clock differs by {seconds:.0f} s from the clock of this machine"
        return Finding("database", "failed", text_, "synchronise both clocks with NTP")
    if differences := find_differences(engine):
        return Finding(
            "database", "failed", f"the schema differs: {differences[0]}", "run samestory db check"
        )
    used = f"Postgres {version}, revision {revision}, {(size or 0) / 1e6:.0f} MB"
    return Finding("database", "ok", used)


def check_compute(settings: ComputeSettings, loader: ComputeLoader) -> Finding:
    """Whether the processes or the cluster compute a sum.

    Raises:
        ComputeError: a process ended, or the cluster does not respond.
    """
    [_] = loader.load().map(operator.add, 1, [1])
    if settings.address == LOCAL:
        return Finding("compute", "ok", f"on this machine, processes: {settings.processes}")
    return Finding("compute", "ok", f"the Ray cluster {settings.address} responds")


def check_model(settings: EmbedSettings, compute: ComputeLoader) -> Finding:
    """Whether the embedding model can be loaded and encodes a text.

    Raises:
        ComputeError: it cannot be loaded on the cluster.
        EncoderError: it cannot be loaded.
        BadInputError: the file of language means belongs to another model.
    """
    started = time.monotonic()
    encoder = load_encoder(settings, compute.load_model)
    encoder.encode(["A bridge reopens"])
    seconds = time.monotonic() - started
    summary = f"{settings.model} works, {encoder.dimensions} dimensions, loaded in {seconds:.0f} s"
    return Finding("model", "ok", summary)


def check_mail(settings: Settings) -> Finding:
    """Whether the mail server accepts the login; no email is sent.

    Raises:
        MailServerError: it does not respond, or refuses the login; or a plugin cannot be loaded.
        SettingsError: `web.site` is missing.
    """
    mail = settings.mail
    if not mail.ready:
        return Finding(
            "mail", "ok", "no mail server, folder or plugin is configured; no emails are sent"
        )
    require_site(settings)
    if mail.folder:
        return Finding("mail", "ok", f"emails are written to {mail.folder}")
    if mail.plugin:
        PluginSender(mail.plugin)
        return Finding("mail", "ok", f"the plugin {mail.plugin} sends emails")
    check_server(mail)
    return Finding("mail", "ok", f"{mail.host} port {mail.port} accepts connections")


def check_feeds(engine: Engine, settings: Settings) -> Finding:
    """Whether the first active feeds respond, and how many fail.

    Raises:
        DatabaseError: the feeds cannot be read.
    """
    with Session(engine) as session:
        active = FeedRow.status == FeedStatus.ACTIVE
        fails = func.count().filter(FeedRow.error_count > 0)
        count, failing = session.execute(select(func.count(FeedRow.id), fails).where(active)).one()
        order = (FeedRow.error_count, FeedRow.id)
        urls = session.scalars(select(FeedRow.url).where(active).order_by(*order).limit(_SAMPLE))
        requests = [FetchRequest(number, url) for number, url in enumerate(urls)]
    if not requests:
        remedy = "run samestory up, or samestory feeds import"
        return Finding("feeds", "warning", "there are no active feeds", remedy)
    results = asyncio.run(fetch_all(requests, settings.fetch))
    errors = [f"{redact_url(each.url)}: {each.error.detail}" for each in results if each.error]
    counts = f"{count} active, {failing} failing"
    if len(errors) == len(results):
        remedy = "check DNS, firewall and fetch.proxy"
        return Finding("feeds", "failed", f"no feed responds ({counts}): {errors[0]}", remedy)
    if failing * 2 > count:
        return Finding("feeds", "warning", counts, "run samestory feeds list")
    return Finding(
        "feeds", "ok", f"{counts}; {len(results) - len(errors)} of {len(results)} respond"
    )
