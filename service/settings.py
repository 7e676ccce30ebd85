"""Settings: the only reader of the environment and of `config/`.

Later sources win: `config/defaults.toml`, the table in it of the profile that a command or
`SAMESTORY_PROFILE` names, the file that `SAMESTORY_CONFIG` names, then environment variables such as
`SAMESTORY_FETCH__CONCURRENCY=8` (section, two underscores, name).
`DATABASE_URL` is understood as `SAMESTORY_DATABASE__URL`.
"""

import difflib
import ipaddress
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_type_hints

from pydantic import TypeAdapter, ValidationError

from service import ranges
from service.domain.alerts import AlertSettings
from service.domain.candidates import CandidateSettings
from service.domain.copies import CopySettings
from service.domain.digest import DigestSettings
from service.domain.grouping import GroupingSettings
from service.domain.pacing import PacingSettings
from service.domain.replay import ReplaySettings
from service.domain.settling import SettlingSettings
from service.domain.storylines import StorylineSettings
from service.domain.training import TrainingSettings
from service.domain.webhooks import WebhookSettings
from service.domain.windows import StorySettings
from service.embed.encoder import EmbedSettings
from service.errors import SettingsError
from service.ingest.admit import AdmitSettings
from service.ingest.fetch import FetchSettings
from service.ingest.guard import networks
from service.ingest.workers import ParseSettings
from service.mail.smtp import MailSettings

CONFIG_DIR = Path(__file__).parent.parent / "config"
SEEDS_DIR = CONFIG_DIR.parent / "seeds"
PREFIX = "SAMESTORY_"
#: Variables that begin with the prefix and are no settings.
RESERVED = {"SAMESTORY_CONFIG", "SAMESTORY_DATA", "SAMESTORY_PROFILE"}

Table = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where Postgres is; an empty url means the embedded server."""

    url: str
    data_dir: str
    name: str


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where API and page listen, and whose scripts may ask."""

    host: str
    port: int
    cors_origins: tuple[str, ...]
    answers_mib: int  #: memory for answers that are kept


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who may read without a key, how often anybody may ask, and how much they may send."""

    reading: Literal["auto", "open", "keys"]
    per_minute: int
    max_body_bytes: int
    recheck_seconds: float

    def is_open(self, host: str) -> bool:
        """Whether reading takes no key where the service listens on `host`."""
        if self.reading == "auto":
            return _is_loopback(host)
        return self.reading == "open"


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What the daemon writes to standard error."""

    level: str
    format: str


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """What the daemon compares."""

    days: float

    @property
    def reach(self) -> timedelta:
        """How far apart articles may be that are compared."""
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class PairSettings:
    """Which weights the pair score has."""

    model: str  #: a file of `pairs.PairModel`, relative to config/

    @property
    def path(self) -> Path:
        """Where the file is."""
        return CONFIG_DIR / self.model


@dataclass(frozen=True, slots=True)
class LifeSettings:
    """How long stories live."""

    close_after_days: float

    def quiet_since(self, now: datetime) -> datetime:
        """A story without a report since then is closed."""
        return now - timedelta(days=self.close_after_days)


@dataclass(frozen=True, slots=True)
class IssueSettings:
    """When an issue says that it is late, when it is not sent any more, what it looks back on."""

    late_after_minutes: float
    make_up_hours: float
    look_back_hours: float
    stories: int
    empty_days: Literal["nothing", "line"]

    @property
    def tolerance(self) -> timedelta:
        """How late an issue may be without a word."""
        return timedelta(minutes=self.late_after_minutes)

    @property
    def make_up(self) -> timedelta:
        """How long after its moment an issue is still made and sent."""
        return timedelta(hours=self.make_up_hours)

    @property
    def look_back(self) -> timedelta:
        """What counts as news in a first issue."""
        return timedelta(hours=self.look_back_hours)


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Which service `samestory mcp` asks, and with what key; an empty url means this machine's."""

    url: str
    key: str


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """Seconds between two runs of each job."""

    fetch: float
    embed: float
    place: float
    reconcile: float
    describe: float
    link: float
    close: float
    digest: float
    webhooks: float
    alerts: float
    tidy: float


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


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return host == "localhost"


def _listed(value: str) -> list[Any]:
    if value.lstrip().startswith("["):
        try:
            return list(json.loads(value))
        except ValueError as error:
            raise SettingsError(f"not a JSON list: {value!r}") from error
    return [part.strip() for part in value.split(",") if part.strip()]
