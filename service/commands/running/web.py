"""`samestory web`: run the web server without the jobs."""

from functools import partial

from jobs.running.signals import handle_signals
from service.commands.running.servers.site import serve_site
from service.commands.running.start_up import open_service
from service.commands.running.systemd import notify_systemd, responds


def web() -> None:
    """Serve the API and the web pages, without jobs, until SIGTERM or Ctrl-C.

    The settings `web.host` and `web.port` set the address (default: http://127.0.0.1:8075).
    """
    with (
        open_service(runs_schedule=False) as context,
        handle_signals() as stop,
        serve_site(context) as url,
        notify_systemd([partial(responds, url)]),
    ):
        stop.wait()
