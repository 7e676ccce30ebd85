"""`samestory digest`: look at an issue, or send what is due."""

import json
import webbrowser
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_cache_path

from jobs import digest as job
from jobs.running import runner
from jobs.running.context import Context
from jobs.running.deliver import renderer, site
from jobs.running.schedule import build_schedule
from service.commands.running.serving import open_service
from service.commands.running.wiring import open_context
from service.domain.subscribers.digest_model import Digest
from service.domain.subscribers.digest_preferences import USUAL
from service.domain.subscribers.digest_selection import History, choose
from service.domain.text.email_addresses import normalize_email
from service.errors import BadInputError, NotFoundError
from service.mail.render import DigestMessage, Links, RenderedEmail
from service.settings import load as settings_module
from service.store.subscribers import subscribers
from service.store.subscribers.digest_stories import digest_stories
from service.store.subscribers.email_stats import Edition, editions

app = typer.Typer(
    help="The daily digest: preview an issue, send what is due.", no_args_is_help=True
)


@dataclass(frozen=True, slots=True)
class Preview:
    """An issue that was written into a folder, and how many stories it shows."""

    page: Path
    stories: int


@app.command()
def preview(
    to: Annotated[
        str, typer.Option(help="For whom: a subscriber, or anybody with the usual wishes.")
    ] = "reader@localhost",
    folder: Annotated[Path | None, typer.Option(help="Where to write it.")] = None,
    *,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in a browser.")] = False,
) -> None:
    """Write the issue that somebody would get now as digest.html and digest.txt; sends nothing."""
    with open_context(settings_module.load()) as context:
        found = write_preview(context, normalize_email(to), folder)
    print(f"{found.page}: {found.stories} stories")
    if open_it:
        webbrowser.open(found.page.as_uri())


@app.command()
def send() -> None:
    """Make the issues that are due and send what waits, as the daemon does each minute."""
    run_mailing("digest", "the digest is")


@app.command("issues")
def list_issues(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many local dates.")] = 14,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What became of the emails of each local date: cards, bytes, sent, failed, late."""
    with open_context(settings_module.load()) as context, context.sessions.begin() as session:
        # A date ends last some hours behind UTC.
        since = (context.clock() - timedelta(days=days)).date()
        found = editions(session, since=since)
    if as_json:
        rows = [{"local_date": str(each.local_date), **asdict(each.outcome)} for each in found]
        print(json.dumps(rows, indent=2))
        return
    for each in found:
        print(_edition_line(each))


def _edition_line(found: Edition) -> str:
    told = found.outcome
    counts = [
        f"{told.sent} of {told.recipients} sent",
        *(
            f"{count} {name}"
            for name in ("waiting", "failed", "late", "empty", "deferred", "doubtful")
            if (count := getattr(told, name))
        ),
    ]
    size = f"{told.mean_cards:.1f} cards, {told.mean_bytes / 1000:.1f} kB on average"
    largest = f"{told.most_cards} and {told.most_bytes / 1000:.1f} at most"
    return f"{found.local_date}  {told.kind:6}  {', '.join(counts)}; {size}, {largest}"


def run_mailing(name: str, what: str) -> None:
    """Run a job that sends emails once, and say what it did.

    Raises:
        BadInputError: no mail server is set, or another process runs the job.
    """
    settings = settings_module.load()
    if not settings.mail.ready:
        raise BadInputError("no mail server is set; name one in SAMESTORY_MAIL__HOST")
    jobs = {each.name: each for each in build_schedule(settings.schedule)}
    with open_service(with_feeds=False) as context:
        counts = runner.run_job(jobs[name], context)
    if counts is None:
        raise BadInputError(f"{what} being sent by another process; try again later")
    print(", ".join(f"{key} {value}" for key, value in counts.items()) or "nothing to do")


def preview_folder() -> Path:
    """Where previews are written unless somebody says otherwise."""
    return user_cache_path("samestory") / "preview"


def write_preview(
    context: Context, address: str, folder: Path | None = None, *, page: str = ""
) -> Preview:
    """Write the issue that a subscriber would get now; for anybody else, one of the last days.

    Its links lead to `page`, or else to where the settings say that the pages are.

    Raises:
        BadInputError: the folder cannot be written into.
    """
    if page:
        mail = replace(context.settings.mail, site=page)
        context = replace(context, settings=replace(context.settings, mail=mail))
    folder = folder or preview_folder()
    chosen, issue = _issue(context, address)
    links = Links(site(context.settings))
    written = renderer(context.settings).digest(issue, address, links)
    return Preview(write_both(folder, "digest", written), len(chosen.cards))


def write_both(folder: Path, name: str, written: RenderedEmail) -> Path:
    """Write both parts of an email as NAME.html and NAME.txt; where the first one is.

    Raises:
        BadInputError: the folder cannot be written into.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.html").write_text(written.html, encoding="utf-8")
        (folder / f"{name}.txt").write_text(written.text, encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"cannot write into {folder}: {error.strerror}") from error
    return (folder / f"{name}.html").resolve()


def _issue(context: Context, address: str) -> tuple[Digest, DigestMessage]:
    now, settings = context.clock(), context.settings
    with context.sessions.begin() as session:
        schedule, filters = USUAL
        past = History(now - job.FURTHEST)
        try:
            known = subscribers.find(session, address)
        except NotFoundError:
            pass
        else:
            schedule, filters = known.schedule, known.filters
            past = job.past_of(session, [known], settings, now)[known.id]
        stories = digest_stories(session, since=now - job.FURTHEST, limit=settings.editions.max_stories)
    chosen = choose(stories, filters, past, settings.digest)
    return chosen, DigestMessage(chosen, now.astimezone(schedule.time_zone).date(), now, schedule.time_zone)
