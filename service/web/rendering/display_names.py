"""Display names of outlets, languages and countries; writing direction of languages."""

from collections.abc import Iterable

from service.domain.text.locale_names import country_name, direction, language_name
from service.store.story_views.reports import Report

__all__ = ["country_name", "direction", "language_name", "outlet_names"]


def outlet_names(reports: Iterable[Report]) -> dict[str, str]:
    """Outlet names by slug, in order of their first reports."""
    return {report.outlet.slug: report.outlet.name for report in reports}
