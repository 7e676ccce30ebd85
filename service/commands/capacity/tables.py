"""Rows of the tables of `samestory capacity` and of `docs/scale.md`."""

from collections.abc import Iterator

from service.domain.capacity.estimate import Estimate
from service.domain.capacity.load import GIGABYTE, Machine

#: Columns of each table.
NEED_COLUMNS = ("need", "amount")
STEP_COLUMNS = ("step", "cores in use")
LIMIT_COLUMNS = (
    "part of one installation",
    "maximum articles a day",
    "use by all articles (1 = 100 %)",
    "remedy",
)

Row = tuple[str, ...]

_MEGABYTE = 10**6
_SECONDS_PER_HOUR = 3600
_UNITS = ("", " k", " M", " G", " T")


def need_rows(estimate: Estimate, machine: Machine) -> Iterator[Row]:
    """Yield the needs of all installations together; some rows are per installation."""
    size = f"{machine.cores:g} cores and {machine.memory_gb:g} GB"
    yield "articles per second", format_number(estimate.articles_per_second)
    yield "articles in the window", format_number(estimate.window_articles)
    yield "installations", f"{estimate.installations:,}"
    yield "installations for the most frequent language", f"{estimate.language_installations:,}"
    yield (
        "duration of one reconcile run (new articles wait)",
        format_time(estimate.reconcile_seconds),
    )
    yield "cores in use", format_number(estimate.all_cores)
    yield f"machines of {size}", f"{estimate.machines:,}"
    yield "Postgres servers by CPU time, for all databases", f"{estimate.primaries:,}"
    yield "memory of the job process, per installation", format_bytes(estimate.window_memory)
    yield "rows written per second", format_number(estimate.rows_per_second)
    yield "write-ahead log per second", format_bytes(estimate.wal_per_second)
    yield "growth of all databases per day", format_bytes(estimate.size_per_day)
    yield "size of all databases", format_bytes(estimate.stored_size)
    yield "vector indexes (part of that size)", format_bytes(estimate.vector_index)
    hours = estimate.reembed_core_hours
    yield "core hours to re-embed all stored articles", format_number(hours)
    yield "time to re-embed on one machine", format_time(hours / machine.cores * _SECONDS_PER_HOUR)


def step_rows(estimate: Estimate) -> Iterator[Row]:
    """Yield the cores in use by step."""
    for step, cores in estimate.cores.items():
        yield step, format_number(cores)


def limit_rows(estimate: Estimate) -> Iterator[Row]:
    """Yield the limits of one installation, the lowest first."""
    for each in estimate.limits:
        use = format_number(each.utilisation)
        yield each.part, format_number(each.articles_per_day), use, each.remedy


def format_number(value: float) -> str:
    """Return a number with two significant digits, and with a letter from a thousand on."""
    unit = 0
    while float(f"{value:.2g}") >= 1000 and unit < len(_UNITS) - 1:  # noqa: PLR2004 - SI prefixes
        value, unit = value / 1000, unit + 1
    digits = f"{float(f'{value:.2g}'):.10f}".rstrip("0").rstrip(".")
    return f"{digits}{_UNITS[unit]}"


def format_bytes(value: float) -> str:
    """Return a size in MB, GB or TB with two significant digits."""
    if value < GIGABYTE:
        return f"{format_number(value / _MEGABYTE)} MB"
    if value < 1000 * GIGABYTE:
        return f"{format_number(value / GIGABYTE)} GB"
    return f"{format_number(value / GIGABYTE / 1000)} TB"


def format_time(seconds: float) -> str:
    """Return a duration in seconds, minutes, hours or days with two significant digits."""
    for unit, length in (("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{format_number(seconds / length)} {unit}"
    return f"{format_number(seconds)} s"
