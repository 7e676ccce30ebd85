"""Sparkline of a story: a small histogram of its reports over time, as paths of an SVG."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.store.story_views.reports import Report

#: Number of bars, their distance, and the height of the highest one, in pixels.
BARS, STEP, HEIGHT = 24, 3, 20
#: Minimum height of a bar, so that it is visible beside a high one.
MIN_HEIGHT = 2


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Two paths of vertical strokes: reports that count, and on top of them the others."""

    counted: str
    uncounted: str
    width: int = BARS * STEP
    height: int = HEIGHT


def draw_sparkline(reports: Sequence[Report], uncounted: Collection[str] = ()) -> Sparkline:
    """Count the reports in `BARS` equal spans from the first to the last report.

    Copies and the reports of the outlets `uncounted` (slugs) do not count.
    """
    if not reports:
        return Sparkline("", "")
    start = min(report.reported_at for report in reports)
    span = max(max(report.reported_at for report in reports) - start, timedelta(minutes=1))
    counts: Counter[tuple[int, bool]] = Counter(
        (
            min(int((report.reported_at - start) / span * BARS), BARS - 1),
            report.copy or report.outlet.slug in uncounted,
        )
        for report in reports
    )
    totals = [counts[bar, False] + counts[bar, True] for bar in range(BARS)]
    scale = HEIGHT / max(totals)
    own, others = [], []
    for bar, total in enumerate(totals):
        if not total:
            continue
        height = max(round(total * scale), MIN_HEIGHT)
        lower = round(height * counts[bar, False] / total)
        x = bar * STEP + 1
        if lower:
            own.append(f"M{x} {HEIGHT}v-{lower}")
        if height > lower:
            others.append(f"M{x} {HEIGHT - lower}v-{height - lower}")
    return Sparkline("".join(own), "".join(others))
