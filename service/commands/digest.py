"""`samestory digest`: preview an edition, send due editions, list outcomes."""

import json
import webbrowser
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_cache_path

from jobs.running.context import Context
from jobs.sending import digest as job
from service.commands.running.one_job import run_once
from service.commands.running.output import AsJson, print_lines
from service.commands.running.store import open_store
from service.commands.running.wiring import open_context
from service.domain.subscribers.digests.preferences import DEFAULT_FILTERS, DEFAULT_SCHEDULE
from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.story_index import StoryIndex
from service.domain.text.email_addresses import normalize_email
from service.errors import BadInputError, NotFoundError
from service.mail.deliver import configured_renderer, site_url
from service.mail.render import DigestMessage, Links, RenderedEmail
from service.settings import load as settings_module
from service.store.subscribers import subscribers
from service.store.subscribers.email_stats import DailyOutcome, load_daily_outcomes

app = typer.Typer(help="Preview, send and list editions of the digest.", no_args_is_help=True)

PreviewFolder = Annotated[
    Path | None,
    typer.Option(help="Output folder. Default: samestory/preview in the user's cache folder."),
]
OpenBrowser = Annotated[bool, typer.Option("--open", help="Open the email in a browser.")]


@dataclass(frozen=True, slots=True)
class Preview:
    """A digest rendered to a folder, with its number of stories."""

    page: Path
    stories: int


@app.command()
def preview(
    to: Annotated[
        str,
        typer.Option(
            help="Email address of the subscriber. For an unknown address, the default preferences "
            "are used."
        ),
    ] = "reader@localhost",
    folder: PreviewFolder = None,
    *,
    open_browser: OpenBrowser = False,
) -> None:
    """Write the current digest of a subscriber to digest.html and digest.txt. Sends nothing."""
    with open_context() as context:
        written = write_preview(context, normalize_email(to), folder)
    print(f"Wrote {written.page}: {written.stories} stories")
    if open_browser:
        webbrowser.open(written.page.as_uri())


@app.command()
def send() -> None:
    """Create due editions and send waiting editions, as `samestory up` does every minute."""
    run_mail_job_once("digest")


@app.command("editions")
def list_editions(
    days: Annotated[int, typer.Option(min=1, max=3650, help="Number of past days.")] = 14,
    *,
    as_json: AsJson = False,
) -> None:
    """Count the emails of each day and kind (digest or alert) by outcome.

    Each line ends with the mean and maximum number of stories per email, and the mean and maximum
    size of an email in kB.
    """
    with open_store() as store, store.sessions.begin() as session:
        # Local dates can be behind UTC, so the oldest day may be listed in part.
        since = (store.clock() - timedelta(days=days)).date()
        outcomes = load_daily_outcomes(session, since=since)
    if as_json:
        rows = [{"local_date": str(each.local_date), **asdict(each.outcome)} for each in outcomes]
        print(json.dumps(rows, indent=2))
        return
    print_lines(map(_format_line, outcomes), empty="no emails")


def _format_line(day: DailyOutcome) -> str:
    outcome = day.outcome
    counts = [
        f"{outcome.sent} of {outcome.emails} sent",
        *(
            f"{count} {name}"
            for name in ("waiting", "failed", "late", "empty", "deferred", "doubtful")
            if (count := getattr(outcome, name))
        ),
    ]
    mean = f"mean {outcome.mean_stories:.1f} stories, {outcome.mean_bytes / 1000:.1f} kB"
    largest = f"max {outcome.max_stories} stories, {outcome.max_bytes / 1000:.1f} kB"
    return f"{day.local_date}  {outcome.kind:6}  {', '.join(counts)}; {mean}; {largest}"


def run_mail_job_once(name: str) -> None:
    """Run a job that sends emails once and print its counts.

    Raises:
        BadInputError: emails cannot be sent, or another process runs the job.
        MaintenanceError: the service is in maintenance mode.
    """
    if not settings_module.load().mail.ready:
        raise BadInputError(
            "Emails cannot be sent: set SAMESTORY_MAIL__HOST to a mail server, or one of "
            "SAMESTORY_MAIL__FOLDER and SAMESTORY_MAIL__PLUGIN"
        )
    run_once(name)


def preview_folder() -> Path:
    """Default folder of previews."""
    return user_cache_path("samestory") / "preview"


def write_preview(
    context: Context, address: str, folder: Path | None = None, *, page: str = ""
) -> Preview:
    """Write the digest that a subscriber would get now.

    An unknown address gets the default preferences and the stories of the last days. Links start
    with `page`, by default with the configured site.

    Raises:
        BadInputError: the folder is not writable.
    """
    if page:
        web = replace(context.settings.web, site=page)
        context = replace(context, settings=replace(context.settings, web=web))
    now, settings = context.clock(), context.settings
    schedule, filters = DEFAULT_SCHEDULE, DEFAULT_FILTERS
    history = History(now - job.MAX_LOOKBACK)
    with context.sessions.begin() as session:
        try:
            subscriber = subscribers.get_by_address(session, address)
        except NotFoundError:
            pass
        else:
            schedule, filters = subscriber.schedule, subscriber.filters
            history = job.load_histories(session, [subscriber], settings, now)[subscriber.id]
        stories = job.load_stories(session, context)
    digest = select_stories(StoryIndex(stories), filters, history, settings.digest)
    local_date = now.astimezone(schedule.time_zone).date()
    message = DigestMessage(digest, local_date, now, schedule.time_zone)
    rendered = configured_renderer(settings).digest(message, address, Links(site_url(settings)))
    return Preview(write_email(folder or preview_folder(), "digest", rendered), len(digest.cards))


def write_email(folder: Path, name: str, rendered: RenderedEmail) -> Path:
    """Write an email to NAME.html and NAME.txt; returns the path of the HTML file.

    Raises:
        BadInputError: the folder is not writable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.html").write_text(rendered.html, encoding="utf-8")
        (folder / f"{name}.txt").write_text(rendered.text, encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"Cannot write into {folder}: {error.strerror}") from error
    return (folder / f"{name}.html").resolve()
