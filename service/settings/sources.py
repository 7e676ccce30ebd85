"""Sources of the settings, and which source each value comes from.

Later sources override earlier ones: `config/defaults.toml`; the profile in it (`--profile` or
`SAMESTORY_PROFILE`); the file named by `SAMESTORY_CONFIG`; the credentials of systemd, files such
as `mail.password` in the folder `CREDENTIALS_DIRECTORY`; environment variables such as
`SAMESTORY_FETCH__CONCURRENCY=8` (section, two underscores, name), or
`SAMESTORY_MAIL__PASSWORD_FILE=PATH` for the content of a file.
`DATABASE_URL` is an alias of `SAMESTORY_DATABASE__URL`.
"""

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from service.errors import SettingsError
from service.errors.redaction import HIDDEN, redact_urls
from service.settings.paths import CONFIG_DIR

PREFIX = "SAMESTORY_"
#: End of the names of variables that contain the path of a file with the value.
FILE_SUFFIX = "_FILE"
#: Beginning of the names of credentials that systemd loads from a folder.
CREDENTIAL_PREFIX = "samestory_"
#: Profile that the values in `config/defaults.toml` belong to.
DEFAULT_PROFILE = "multilingual"
#: Source of the values in `config/defaults.toml`.
DEFAULTS = "defaults"
#: Variables with the prefix that are not settings.
RESERVED = {"SAMESTORY_CONFIG", "SAMESTORY_DATA", "SAMESTORY_PROFILE"}
#: Settings whose values are never shown. URLs in other values lose their passwords and queries.
SECRETS = frozenset({"database.password", "mail.password", "client.key"})

Table = dict[str, dict[str, Any]]
Sections = Mapping[str, type]


@dataclass(frozen=True, slots=True)
class Sourced:
    """A value as written in its source, and a description of that source."""

    value: Any
    source: str


Sources = dict[str, dict[str, Sourced]]


def collect(env: Mapping[str, str], profile: str, sections: Sections) -> Sources:
    """Return the last value of each setting; `sections` are the dataclasses by name.

    Raises:
        SettingsError: unknown name, unreadable file, or a variable together with its `_FILE`.
    """
    table = read_toml(CONFIG_DIR / "defaults.toml")
    profiles = table.pop("profiles", {})
    name = profile_name(profile, env)
    if name not in profiles:
        raise SettingsError(f"Unknown profile {name!r}; {nearest(name, profiles)}")
    collected: Sources = {}
    _overlay(collected, _with_source(table, DEFAULTS), sections)
    _overlay(collected, _with_source(profiles[name], f"profile {name}"), sections)
    if path := env.get("SAMESTORY_CONFIG"):
        _overlay(collected, _with_source(read_toml(Path(path)), path), sections)
    if folder := env.get("CREDENTIALS_DIRECTORY"):
        _overlay(collected, _read_credentials(Path(folder), sections), sections)
    _overlay(collected, _read_environment(env, sections), sections)
    return collected


def profile_name(given: str, env: Mapping[str, str]) -> str:
    """Name of the profile in use: the given one, that of `SAMESTORY_PROFILE`, or the default."""
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


def mask(setting: str, value: Any) -> Any:
    """Return a value as it may be shown: secrets are hidden, URLs are redacted."""
    if setting in SECRETS:
        return HIDDEN if value else value
    if isinstance(value, str):
        return redact_urls(value)
    return [mask(setting, each) for each in value] if isinstance(value, list | tuple) else value


def _with_source(table: Table, source: str) -> Sources:
    sourced: Sources = {}
    for section, values in table.items():
        if not isinstance(values, dict):
            raise SettingsError(f"[{section}] must be a table, not {values!r}")
        sourced[section] = {name: Sourced(value, source) for name, value in values.items()}
    return sourced


def _overlay(collected: Sources, over: Sources, sections: Sections) -> None:
    for section, values in over.items():
        if section not in sections:
            raise SettingsError(
                f"Unknown settings section [{section}]; {nearest(section, sections)}"
            )
        names = _names(sections[section])
        for name, value in values.items():
            if name not in names:
                raise SettingsError(f"Unknown setting {section}.{name}; {nearest(name, names)}")
            collected.setdefault(section, {})[name] = value


def _read_credentials(folder: Path, sections: Sections) -> Sources:
    """Read the files named like a setting. Other files are credentials of other programs.

    The name may begin with `samestory_`: systemd adds it to the files of a folder that a unit loads
    with `LoadCredential=samestory:FOLDER`.
    """
    sourced: Sources = {}
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise SettingsError(f"CREDENTIALS_DIRECTORY={folder}: {error.strerror}") from error
    for path in paths:
        section, separator, name = path.name.removeprefix(CREDENTIAL_PREFIX).partition(".")
        if separator and section in sections:
            source = f"systemd credential {path.name}"
            sourced.setdefault(section, {})[name] = Sourced(_read_secret(path, source), source)
    return sourced


def _read_environment(env: Mapping[str, str], sections: Sections) -> Sources:
    sourced: Sources = {}
    for variable, setting in _find_variables(env, sections):
        value = env[variable]
        source = f"environment, {variable}"
        if variable.endswith(FILE_SUFFIX):
            plain = variable.removesuffix(FILE_SUFFIX)
            if plain in env:
                raise SettingsError(f"Both {plain} and {variable} are set; unset one of them")
            source = f"file {value} ({variable})"
            value = _read_secret(Path(value), variable)
        section, _, name = setting.partition(".")
        sourced.setdefault(section, {})[name] = Sourced(value, source)
    return sourced


def _find_variables(env: Mapping[str, str], sections: Sections) -> Iterator[tuple[str, str]]:
    """Yield the variables that are settings, with the settings; `DATABASE_URL` first."""
    for alias in ("DATABASE_URL", f"DATABASE_URL{FILE_SUFFIX}"):
        if alias in env:
            yield alias, "database.url"
    for variable in sorted(env):
        if not variable.startswith(PREFIX) or variable in RESERVED:
            continue
        plain = variable.removesuffix(FILE_SUFFIX)
        section, separator, name = plain.removeprefix(PREFIX).lower().partition("__")
        if not separator:
            names = (f"{PREFIX}{s}__{n}".upper() for s in sections for n in _names(sections[s]))
            raise SettingsError(f"Unknown setting {variable}; {nearest(variable, names)}")
        yield variable, f"{section}.{name}"


def _read_secret(path: Path, origin: str) -> str:
    """Read a value from a file, without the line break at its end."""
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SettingsError(f"{origin}: cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{origin}: {path} is not a UTF-8 text") from error


def _names(kind: type) -> set[str]:
    return {field.name for field in fields(kind)}
