"""`samestory up`: run jobs and web server as a daemon."""

from functools import partial

from jobs.running.schedule import build_schedule
from jobs.running.scheduler import run_scheduler
from jobs.running.signals import handle_signals
from service.commands.running.greeting import greet_first_start
from service.commands.running.servers.site import serve_site
from service.commands.running.start_up import open_service
from service.commands.running.systemd import notify_systemd, responds


def up() -> None:
    """Run the jobs, the API and the web pages until SIGTERM or Ctrl-C.

    The settings `web.host` and `web.port` set the address (default: http://127.0.0.1:8075). If the
    database has no feeds, the feeds shipped with samestory are added.
    """
    with (
        open_service(runs_schedule=True) as context,
        handle_signals() as stop,
        serve_site(context) as url,
        greet_first_start(context, url),
        run_scheduler(build_schedule(context.settings), context) as jobs_alive,
        notify_systemd([partial(responds, url), jobs_alive]),
    ):
        stop.wait()
