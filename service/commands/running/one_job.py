"""One run of a job from the command line."""

from jobs.running import runner
from jobs.running.schedule import build_schedule
from service.commands.running.start_up import open_service
from service.errors import BadInputError, MaintenanceError
from service.settings import load as settings_module
from service.settings.sources import nearest
from service.store.runs import maintenance


def run_once(name: str) -> None:
    """Run a job now and print its counts.

    Raises:
        BadInputError: there is no such job, or another process runs it.
        MaintenanceError: the service is in maintenance mode.
    """
    jobs = {job.name: job for job in build_schedule(settings_module.load())}
    if name not in jobs:
        raise BadInputError(f"Unknown job {name!r}; {nearest(name, jobs)}")
    with open_service(runs_schedule=False) as context:
        counts = runner.run_job(jobs[name], context)
        if counts is None:
            with context.sessions() as session:
                mode = maintenance.find(session)
            if mode:
                raise MaintenanceError(
                    f"Maintenance: {mode.reason}. No job runs until: samestory maintenance off"
                )
            raise BadInputError(
                f"Job {name} is already running; see samestory jobs status, and retry later"
            )
    print(", ".join(f"{key} {value}" for key, value in counts.items()) or "nothing to do")
