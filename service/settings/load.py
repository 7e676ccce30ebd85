"""Load the settings from their sources and validate every value; see `sources`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, get_type_hints

from service.errors import SettingsError
from service.settings import ranges, sources
from service.settings.convert import convert, parse_networks
from service.settings.sections.compute import ComputeSettings
from service.settings.sections.daemon import (
    DatabaseSettings,
    LogSettings,
    MetricsSettings,
    RetentionSettings,
    RunLimitSettings,
    RunSettings,
    ScheduleSettings,
    TracingSettings,
)
from service.settings.sections.delivery import (
    AlertSettings,
    DigestSettings,
    EditionSettings,
    ExportSettings,
    MailSettings,
    WebhookSettings,
)
from service.settings.sections.embedding import (
    CandidateSettings,
    EmbedSettings,
    TrainingSettings,
    WeightsSettings,
)
from service.settings.sections.grouping import (
    CopySettings,
    EntitySettings,
    GroupingSettings,
    HysteresisSettings,
    LifecycleSettings,
    ReplaySettings,
    StorylineSettings,
    StorySettings,
    WindowSettings,
)
from service.settings.sections.ingest import (
    AdmitSettings,
    FetchSettings,
    PacingSettings,
    PagesSettings,
    ParseSettings,
)
from service.settings.sections.web import AccessSettings, ClientSettings, WebSettings
from service.settings.sources import Sources, mask


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, one frozen dataclass per table of `config/defaults.toml`."""

    database: DatabaseSettings
    web: WebSettings
    access: AccessSettings
    log: LogSettings
    metrics: MetricsSettings
    tracing: TracingSettings
    fetch: FetchSettings
    pacing: PacingSettings
    parse: ParseSettings
    admit: AdmitSettings
    pages: PagesSettings
    embed: EmbedSettings
    window: WindowSettings
    pairs: WeightsSettings
    merges: WeightsSettings
    compute: ComputeSettings
    candidates: CandidateSettings
    grouping: GroupingSettings
    copies: CopySettings
    hysteresis: HysteresisSettings
    storylines: StorylineSettings
    entities: EntitySettings
    replay: ReplaySettings
    training: TrainingSettings
    lifecycle: LifecycleSettings
    mail: MailSettings
    digest: DigestSettings
    editions: EditionSettings
    webhooks: WebhookSettings
    export: ExportSettings
    client: ClientSettings
    alerts: AlertSettings
    schedule: ScheduleSettings
    retention: RetentionSettings
    runs: RunSettings
    run_limits: RunLimitSettings

    @property
    def stories(self) -> StorySettings:
        """Settings that affect which articles of a file form one story."""
        return StorySettings(self.candidates, self.grouping, self.copies, self.hysteresis)

    @property
    def details_in_use(self) -> timedelta:
        """Age up to which the grouping and open stories need texts and vectors of articles."""
        return timedelta(days=self.window.days + self.lifecycle.close_after_days)

    @property
    def window_stories(self) -> StorySettings:
        """The same for the daemon, which compares articles within its window only."""
        hours = min(self.candidates.window_hours, self.window.days * 24)
        return replace(self.stories, candidates=replace(self.candidates, window_hours=hours))


def load(environ: Mapping[str, str] | None = None, *, profile: str = "") -> Settings:
    """Read all sources and validate every value.

    Raises:
        SettingsError: unknown name, wrong type, value out of range, invalid TOML, or unreadable
            file.
    """
    return load_with_sources(environ, profile=profile)[0]


def load_with_sources(
    environ: Mapping[str, str] | None = None, *, profile: str = ""
) -> tuple[Settings, Mapping[str, str]]:
    """Read all sources; also return the source of each value, by names such as `web.port`.

    Raises:
        SettingsError: as in `load`.
    """
    env = os.environ if environ is None else environ
    kinds = get_type_hints(Settings)
    collected = sources.collect(env, profile, kinds)
    settings = Settings(**{name: _section(name, kind, collected) for name, kind in kinds.items()})
    parse_networks(settings.fetch.allow_networks)
    parse_networks(settings.webhooks.allow_networks, setting="webhooks.allow_networks")
    parse_networks(settings.web.trusted_proxies, setting="web.trusted_proxies")
    return settings, {
        f"{section}.{name}": sourced.source
        for section, values in collected.items()
        for name, sourced in values.items()
    }


def profile_name(given: str = "", environ: Mapping[str, str] | None = None) -> str:
    """Name of the profile in use: the given one, that of `SAMESTORY_PROFILE`, or the default."""
    return sources.profile_name(given, os.environ if environ is None else environ)


def _section(section: str, kind: type, collected: Sources) -> Any:
    values = {name: sourced.value for name, sourced in collected.get(section, {}).items()}
    hints = get_type_hints(kind)
    if missing := sorted(hints.keys() - values.keys()):
        raise SettingsError(f"{section}.{missing[0]} has no value; add it to config/defaults.toml")
    return kind(**{name: _value(section, name, hints[name], values[name]) for name in hints})


def _value(section: str, name: str, hint: Any, value: Any) -> Any:
    setting = f"{section}.{name}"
    try:
        converted = convert(value, hint)
    except ValueError as error:
        raise SettingsError(f"{setting} = {mask(setting, value)!r}: {error}") from error
    if problem := ranges.range_error(section, name, converted):
        raise SettingsError(f"{setting} = {mask(setting, converted)!r}: {problem}")
    return converted
