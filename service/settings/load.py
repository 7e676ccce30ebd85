"""Load the settings from `config/`, the user's TOML file and environment variables.

Later sources override earlier ones: `config/defaults.toml`; the profile in it (`--profile` or
`SAMESTORY_PROFILE`); the file named by `SAMESTORY_CONFIG`; environment variables such as
`SAMESTORY_FETCH__CONCURRENCY=8` (section, two underscores, name).
`DATABASE_URL` is an alias of `SAMESTORY_DATABASE__URL`.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from service.errors import SettingsError
from service.settings import ranges
from service.settings.convert import convert, parse_networks
from service.settings.daemon import (
    DatabaseSettings,
    LogSettings,
    RunLimitSettings,
    RunSettings,
    ScheduleSettings,
)
from service.settings.delivery import (
    AlertSettings,
    DigestSettings,
    EditionSettings,
    ExportSettings,
    MailSettings,
    WebhookSettings,
)
from service.settings.embedding import (
    CandidateSettings,
    EmbedSettings,
    TrainingSettings,
    WeightsSettings,
)
from service.settings.grouping import (
    CopySettings,
    GroupingSettings,
    HysteresisSettings,
    LifecycleSettings,
    ReplaySettings,
    StorylineSettings,
    StorySettings,
    WindowSettings,
)
from service.settings.ingest import (
    AdmitSettings,
    FetchSettings,
    PacingSettings,
    PagesSettings,
    ParseSettings,
)
from service.settings.paths import CONFIG_DIR
from service.settings.web import AccessSettings, ClientSettings, WebSettings

PREFIX = "SAMESTORY_"
#: Profile that the values in `config/defaults.toml` belong to.
DEFAULT_PROFILE = "multilingual"
#: Variables with the prefix that are not settings.
RESERVED = {"SAMESTORY_CONFIG", "SAMESTORY_DATA", "SAMESTORY_PROFILE"}

Table = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, one frozen dataclass per table of `config/defaults.toml`."""

    database: DatabaseSettings
    web: WebSettings
    access: AccessSettings
    log: LogSettings
    fetch: FetchSettings
    pacing: PacingSettings
    parse: ParseSettings
    admit: AdmitSettings
    pages: PagesSettings
    embed: EmbedSettings
    window: WindowSettings
    pairs: WeightsSettings
    merges: WeightsSettings
    candidates: CandidateSettings
    grouping: GroupingSettings
    copies: CopySettings
    hysteresis: HysteresisSettings
    storylines: StorylineSettings
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
    runs: RunSettings
    run_limits: RunLimitSettings

    @property
    def stories(self) -> StorySettings:
        """Settings that affect which articles of a file form one story."""
        return StorySettings(self.candidates, self.grouping, self.copies, self.hysteresis)

    @property
    def window_stories(self) -> StorySettings:
        """The same for the daemon, which compares articles within its window only."""
        hours = min(self.candidates.window_hours, self.window.days * 24)
        return replace(self.stories, candidates=replace(self.candidates, window_hours=hours))


def load(environ: Mapping[str, str] | None = None, *, profile: str = "") -> Settings:
    """Read all sources and validate every value.

    Raises:
        SettingsError: unknown name, wrong type, value out of range, or invalid TOML.
    """
    env = os.environ if environ is None else environ
    sections = get_type_hints(Settings)
    table = read_toml(CONFIG_DIR / "defaults.toml")
    profiles = table.pop("profiles", {})
    _overlay(table, _profile(profiles, profile_name(profile, env)), sections)
    if path := env.get("SAMESTORY_CONFIG"):
        _overlay(table, read_toml(Path(path)), sections)
    _overlay(table, _from_environment(env, sections), sections)
    settings = Settings(**{name: _section(name, kind, table) for name, kind in sections.items()})
    parse_networks(settings.fetch.allow_networks)
    parse_networks(settings.webhooks.allow_networks, setting="webhooks.allow_networks")
    parse_networks(settings.web.trusted_proxies, setting="web.trusted_proxies")
    return settings


def profile_name(given: str = "", environ: Mapping[str, str] | None = None) -> str:
    """Name of the profile in use: the given one, that of `SAMESTORY_PROFILE`, or the default."""
    env = os.environ if environ is None else environ
    return given or env.get("SAMESTORY_PROFILE") or DEFAULT_PROFILE


def read_toml(path: Path) -> Table:
    """Read a TOML file; SettingsError if it is missing or malformed."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def nearest(name: str, options: Iterable[str]) -> str:
    """Return a hint for a mistyped name: the closest valid name, or all of them."""
    valid = sorted(options)
    close = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"valid names: {', '.join(valid)}"


def _profile(profiles: Table, name: str) -> Table:
    if name not in profiles:
        raise SettingsError(f"Unknown profile {name!r}; {nearest(name, profiles)}")
    return profiles[name]


def _overlay(table: Table, over: Table, sections: Mapping[str, type]) -> None:
    for section, values in over.items():
        if section not in sections:
            raise SettingsError(
                f"Unknown settings section [{section}]; {nearest(section, sections)}"
            )
        if not isinstance(values, dict):
            raise SettingsError(f"[{section}] must be a table, not {values!r}")
        names = {field.name for field in fields(sections[section])}
        for name, value in values.items():
            if name not in names:
                raise SettingsError(f"Unknown setting {section}.{name}; {nearest(name, names)}")
            table.setdefault(section, {})[name] = value


def _from_environment(env: Mapping[str, str], sections: Mapping[str, type]) -> Table:
    table: Table = {}
    if "DATABASE_URL" in env:
        table["database"] = {"url": env["DATABASE_URL"]}
    for variable in sorted(env):
        if not variable.startswith(PREFIX) or variable in RESERVED:
            continue
        section, separator, name = variable.removeprefix(PREFIX).lower().partition("__")
        if not separator:
            names = (
                f"{PREFIX}{s}__{f.name}".upper() for s in sections for f in fields(sections[s])
            )
            raise SettingsError(f"Unknown setting {variable}; {nearest(variable, names)}")
        table.setdefault(section, {})[name] = env[variable]
    return table


def _section(section: str, kind: type, table: Table) -> Any:
    values = dict(table.get(section, {}))
    hints = get_type_hints(kind)
    if missing := sorted(hints.keys() - values.keys()):
        raise SettingsError(f"{section}.{missing[0]} has no value; add it to config/defaults.toml")
    return kind(**{name: _value(section, name, hints[name], values[name]) for name in hints})


def _value(section: str, name: str, hint: Any, value: Any) -> Any:
    try:
        converted = convert(value, hint)
    except ValueError as error:
        raise SettingsError(f"{section}.{name} = {value!r}: {error}") from error
    if problem := ranges.range_error(section, name, converted):
        raise SettingsError(f"{section}.{name} = {converted!r}: {problem}")
    return converted
