"""Settings: the only reader of the environment and of `config/`.

Later sources win: `config/defaults.toml`, the table in it of the profile that a command or
`SAMESTORY_PROFILE` names, the file that `SAMESTORY_CONFIG` names, then environment variables such as
`SAMESTORY_FETCH__CONCURRENCY=8` (section, two underscores, name).
`DATABASE_URL` is understood as `SAMESTORY_DATABASE__URL`.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from service.domain.articles.copies import CopySettings
from service.domain.catalogue.fetch_schedule import PacingSettings
from service.domain.grouping.cluster import GroupingSettings
from service.domain.grouping.hysteresis import SettlingSettings
from service.domain.grouping.replay import ReplaySettings
from service.domain.grouping.window import StorySettings
from service.domain.pairs.candidates import CandidateSettings
from service.domain.pairs.training import TrainingSettings
from service.domain.stories.storylines import StorylineSettings
from service.domain.subscribers.alerts import AlertSettings
from service.domain.subscribers.digest_selection import DigestSettings
from service.domain.webhooks.webhooks import WebhookSettings
from service.embed.encoder import EmbedSettings
from service.errors import SettingsError
from service.ingest.admit import AdmitSettings
from service.ingest.fetching.fetch import FetchSettings
from service.ingest.fetching.ssrf_guard import networks
from service.ingest.parsing.workers import ParseSettings
from service.mail.smtp import MailSettings
from service.settings import ranges
from service.settings.paths import CONFIG_DIR
from service.settings.sections import (
    AccessSettings,
    ClientSettings,
    DatabaseSettings,
    IssueSettings,
    LifeSettings,
    LogSettings,
    PairSettings,
    ScheduleSettings,
    WebSettings,
    WindowSettings,
)

PREFIX = "SAMESTORY_"
#: Variables that begin with the prefix and are no settings.
RESERVED = {"SAMESTORY_CONFIG", "SAMESTORY_DATA", "SAMESTORY_PROFILE"}

Table = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, one frozen section for each table of `config/defaults.toml`."""

    database: DatabaseSettings
    web: WebSettings
    access: AccessSettings
    log: LogSettings
    fetch: FetchSettings
    pacing: PacingSettings
    parse: ParseSettings
    admit: AdmitSettings
    embed: EmbedSettings
    window: WindowSettings
    pairs: PairSettings
    candidates: CandidateSettings
    grouping: GroupingSettings
    copies: CopySettings
    settling: SettlingSettings
    storylines: StorylineSettings
    replay: ReplaySettings
    training: TrainingSettings
    life: LifeSettings
    mail: MailSettings
    digest: DigestSettings
    issues: IssueSettings
    webhooks: WebhookSettings
    client: ClientSettings
    alerts: AlertSettings
    schedule: ScheduleSettings

    @property
    def stories(self) -> StorySettings:
        """What decides which articles of a file are one story."""
        return StorySettings(self.candidates, self.grouping, self.copies, self.settling)

    @property
    def window_stories(self) -> StorySettings:
        """The same for the daemon, which compares nothing beyond its window."""
        hours = min(self.candidates.window_hours, self.window.days * 24)
        return replace(self.stories, candidates=replace(self.candidates, window_hours=hours))


def load(environ: Mapping[str, str] | None = None, *, profile: str = "") -> Settings:
    """Read all sources.

    Raises:
        SettingsError: a name is unknown, a value has the wrong type or is out of range, a file
            is not TOML.
    """
    env = os.environ if environ is None else environ
    sections = get_type_hints(Settings)
    table = read_toml(CONFIG_DIR / "defaults.toml")
    profiles = table.pop("profiles", {})
    _overlay(table, _profile(profiles, profile or env.get("SAMESTORY_PROFILE", "")), sections)
    if path := env.get("SAMESTORY_CONFIG"):
        _overlay(table, read_toml(Path(path)), sections)
    _overlay(table, _from_environment(env, sections), sections)
    settings = Settings(**{name: _section(name, kind, table) for name, kind in sections.items()})
    networks(settings.fetch.allow_networks)  # raises if one is none
    networks(settings.webhooks.allow_networks, setting="webhooks.allow_networks")
    networks(settings.web.trusted_proxies, setting="web.trusted_proxies")
    return settings


def read_toml(path: Path) -> Table:
    """A TOML file's tables; SettingsError if it is missing or malformed."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name: the nearest valid one, or all of them."""
    options = sorted(known)
    close = difflib.get_close_matches(name, options, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"known are: {', '.join(options)}"


def _profile(profiles: Table, name: str) -> Table:
    if name and name not in profiles:
        raise SettingsError(f"no profile {name!r}; {nearest(name, profiles)}")
    return profiles[name] if name else {}


def _overlay(table: Table, over: Table, sections: Mapping[str, type]) -> None:
    for section, values in over.items():
        if section not in sections:
            raise SettingsError(f"no settings section [{section}]; {nearest(section, sections)}")
        if not isinstance(values, dict):
            raise SettingsError(f"[{section}] must be a table of settings, not {values!r}")
        known = {field.name for field in fields(sections[section])}
        for name, value in values.items():
            if name not in known:
                raise SettingsError(f"no setting {section}.{name}; {nearest(name, known)}")
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
            raise SettingsError(f"no setting {variable}; {nearest(variable, names)}")
        table.setdefault(section, {})[name] = env[variable]
    return table


def _section(section: str, kind: type, table: Table) -> Any:
    values = dict(table.get(section, {}))
    hints = get_type_hints(kind)
    if missing := sorted(hints.keys() - values.keys()):
        raise SettingsError(
            f"{section}.{missing[0]} has no value; config/defaults.toml must give one"
        )
    return kind(**{name: _value(section, name, hints[name], values[name]) for name in hints})


def _value(section: str, name: str, hint: Any, value: Any) -> Any:
    """Convert what TOML or a variable gave; lists come from a variable as JSON or by commas."""
    if isinstance(value, str) and hint is not str:
        value = _listed(value) if "tuple" in str(hint) else value.strip()
    try:
        found = TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise SettingsError(f"{section}.{name} = {value!r}: {reason}") from error
    if fault := ranges.fault(section, name, found):
        raise SettingsError(f"{section}.{name} = {found!r}: {fault}")
    return found


def _listed(value: str) -> list[Any]:
    if value.lstrip().startswith("["):
        try:
            return list(json.loads(value))
        except ValueError as error:
            raise SettingsError(f"not a JSON list: {value!r}") from error
    return [part.strip() for part in value.split(",") if part.strip()]
