"""What the numbers and words of settings may be."""

import math

Range = tuple[float, float]

#: The largest number that any setting may have.
MOST = float(1 << 40)
#: What a number may be, by its setting, its section or the end of its name. Where nothing stands
#: here, it is above 0 and finite.
RANGES: dict[str, Range] = {
    "web.port": (0, 65535),
    "access.requests_per_minute": (0, 1e9),
    "web.response_cache_mib": (0, 1 << 20),
    "web.max_concurrent_searches": (1, 1000),
    "web.max_streams": (0, 1 << 20),
    "web.max_streams_per_client": (0, 1 << 20),
    "fetch.concurrency": (1, 1000),
    "fetch.host_delay_seconds": (0, 3600),
    "fetch.max_redirects": (0, 100),
    "parse.workers": (1, 256),
    "parse.memory_mib": (256, 1 << 20),
    "admit.future_tolerance_minutes": (0, 60 * 24 * 365),
    "candidates.window_hours": (0, math.inf),
    "replay.window_hours": (0, math.inf),
    "replay.min_age_hours": (0, math.inf),
    "grouping.quorum": (0, 1),
    "grouping.join_score": (0, 1),
    "grouping.epsilon": (0, 1),
    "grouping.weak_score": (0, 1),
    "hysteresis.min_age_hours": (0, math.inf),
    "hysteresis.min_window_articles": (0, MOST),
    "hysteresis.join_score": (0, 1),
    "hysteresis.merge_score": (0, 1),
    "copies.share": (0, 1),
    "storylines.link": (0, 1),
    "storylines.quorum": (0, 1),
    "training.undated": (0, 1),
    "training.translation": (0, 1),
    "candidates.cross_language": (0, 1000),
    "mail.port": (1, 65535),
    "digest.max_stories": (1, 100),
    "digest.max_updates": (0, 100),
    "digest.max_low_coverage": (0, 100),
    "digest.max_first_reports": (0, 100),
    "digest.low_coverage_outlets": (0, 100),
    "webhooks.concurrency": (1, 100),
    "alerts.growth": (1.1, 1000),
    "alerts.max_per_hour": (0, 1000),
    "schedule": (0.1, 60 * 60 * 24 * 365),
}
#: A hundred years: clocks end not far beyond.
LONGEST = {"days": 36_500, "hours": 876_000, "minutes": 52_560_000, "seconds": 3_153_600_000}


def range_error(section: str, name: str, value: object) -> str:
    """What is wrong with a setting's value; empty if nothing is."""
    if isinstance(value, str) and not value.isprintable():
        return "must be one line of printable characters"
    if not isinstance(value, int | float):
        return ""
    if known := RANGES.get(f"{section}.{name}") or RANGES.get(section):
        least, most = known
        return "" if least <= value <= most else f"must be from {least:g} to {most:g}"
    most = LONGEST.get(name.rpartition("_")[2], MOST)
    # NaN is not, either.
    return "" if 0 < value <= most else f"must be above 0 and at most {most:.12g}"
