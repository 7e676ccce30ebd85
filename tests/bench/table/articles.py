"""An article from the feed to its story, compared with encoding alone."""

from tests.bench.capacity.jobs_cost import measure_jobs
from tests.bench.comparison import Comparison
from tests.bench.feeds import embedded_server

_JOBS = ("fetch", "embed", "place")


def compare_articles() -> Comparison:
    """CPU seconds of 1,000 articles in the jobs fetch, embed and place; baseline: embed.

    Includes the CPU time of Postgres.
    """
    with embedded_server() as server:
        costs = measure_jobs(server, with_text=False)
    used = {job: 1000 * (costs.jobs[job].own + costs.jobs[job].database) for job in _JOBS}
    return Comparison(
        "1,000 articles from feed to story",
        sum(used.values()),
        "job embed alone",
        used["embed"],
        target=0.8,
    )
