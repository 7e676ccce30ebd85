"""Valid ranges of numeric settings."""

import math

Range = tuple[float, float]

#: Upper limit of settings without a range or unit.
MAX_NUMBER = float(1 << 40)
#: Inclusive range by setting or section. Numbers not listed here must be above 0 and at most
#: the limit of their unit, the last part of their name.
RANGES: dict[str, Range] = {
    "database.job_connections": (2, 1000),
    "database.web_connections": (1, 1000),
    "database.connect_timeout_seconds": (2, 600),
    "database.tcp_timeout_seconds": (3, 86_400),
    "database.min_free_mib": (0, 1 << 20),
    "web.port": (0, 65535),
    "metrics.port": (0, 65535),
    "web.max_connections": (1, 1 << 20),
    "web.max_connections_per_address": (1, 1 << 20),
    "access.requests_per_minute": (0, 1e9),
    "access.session_hours": (0.1, 24 * 30),
    "web.response_cache_mib": (0, 1 << 20),
    "web.story_cache_mib": (0, 1 << 20),
    "web.max_concurrent_searches": (1, 1000),
    "web.max_streams": (0, 1 << 20),
    "web.max_streams_per_client": (0, 1 << 20),
    "web.max_concurrent_exports": (0, 16),
    "web.max_exports_per_client": (1, 16),
    "export.keep_days": (0, 36500),
    "fetch.concurrency": (1, 1000),
    "fetch.host_delay_seconds": (0, 3600),
    "fetch.max_redirects": (0, 100),
    "parse.workers": (1, 256),
    "parse.memory_mib": (512, 1 << 20),
    "admit.future_tolerance_minutes": (0, 60 * 24 * 365),
    "compute.processes": (1, 1024),
    "compute.encoders": (0, 1024),
    "candidates.window_hours": (0, math.inf),
    "replay.window_hours": (0, math.inf),
    "replay.min_age_hours": (0, math.inf),
    "grouping.quorum": (0, 1),
    "grouping.join_score": (0, 1),
    "grouping.epsilon": (0, 1),
    "grouping.weak_score": (0, 1),
    "hysteresis.min_age_hours": (0, math.inf),
    "hysteresis.min_window_articles": (0, MAX_NUMBER),
    "hysteresis.keep_log_odds": (0, 20),
    "hysteresis.join_log_odds": (0, 20),
    "copies.share": (0, 1),
    "storylines.link": (0, 1),
    "storylines.quorum": (0, 1),
    "training.undated": (0, 1),
    "training.cross_language_drop": (0, 1),
    "candidates.cross_language": (0, 1000),
    "mail.port": (1, 65535),
    "mail.confirmations_per_hour": (0, 100_000),
    "digest.max_stories": (1, 100),
    "digest.max_updates": (0, 100),
    "digest.max_low_coverage": (0, 100),
    "digest.max_first_reports": (0, 100),
    "digest.low_coverage_outlets": (0, 100),
    "webhooks.concurrency": (1, 100),
    "alerts.growth": (1.1, 1000),
    "alerts.max_per_hour": (0, 1000),
    "retention": (0, 36_500),
    "tracing.ratio": (0, 1),
    "schedule": (0.1, 60 * 60 * 24 * 365),
    "runs": (0.1, 86_400),
    "run_limits": (1, 60 * 60 * 24 * 365),
}
#: Upper limits by unit: a hundred years, because dates overflow not far beyond.
UNIT_LIMITS = {"days": 36_500, "hours": 876_000, "minutes": 52_560_000, "seconds": 3_153_600_000}


def range_error(section: str, name: str, value: object) -> str:
    """Return the reason why a value is invalid, or an empty string."""
    if isinstance(value, str) and not value.isprintable():
        return "must be one line of printable characters"
    if not isinstance(value, int | float):
        return ""
    if limits := RANGES.get(f"{section}.{name}") or RANGES.get(section):
        least, most = limits
        return "" if least <= value <= most else f"must be from {least:g} to {most:g}"
    most = UNIT_LIMITS.get(name.rpartition("_")[2], MAX_NUMBER)
    # NaN fails this comparison, too.
    return "" if 0 < value <= most else f"must be above 0 and at most {most:.12g}"
