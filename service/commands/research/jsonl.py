"""JSON Lines files of articles: validation on reading, atomic writing."""

import codecs
import gzip
import json
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from service.domain.articles.article_types import ArticleType, classify
from service.domain.articles.model import Article, ArticleId
from service.domain.pairs.series import recurring_articles
from service.domain.text import dates
from service.errors import BadInputError, BadLineError
from service.ingest.detect_language import resolve_language

#: Name of a story in a labelled file.
Label = int | str

#: Path that means standard input or output.
STDIO = "-"

_TOLERANCE = timedelta(hours=1)
_LATEST = datetime.max.replace(tzinfo=dates.EARLIEST.tzinfo) - _TOLERANCE


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file: its number, from 1, and its JSON object."""

    number: int
    values: Mapping[str, Any]


def read_articles(path: str, *, now: datetime | None = None) -> list[Article]:
    """Read the articles of a file, in its order; keys that articles do not have are ignored.

    Dates that are invalid, before 1990 or more than an hour after `now` are dropped.

    Raises:
        BadLineError: a line is not an article, or repeats an id.
        BadInputError: the file cannot be read.
    """
    return parse_articles(path, read_lines(path), now=now)


def parse_articles(
    path: str, lines: Iterable[Line], *, now: datetime | None = None
) -> list[Article]:
    """Parse the articles of some lines, and find their types; see `read_articles`."""
    by_id = _index_by_id(path, lines)
    articles = [_parse_article(path, key, line, now) for key, line in by_id.items()]
    return [
        replace(
            each,
            type=_parse_type(path, line)
            or classify(each.title, each.url, text=each.text, recurring=bool(recurs)),
        )
        for each, line, recurs in zip(
            articles, by_id.values(), recurring_articles(articles), strict=True
        )
    ]


def read_labels(path: str, lines: Iterable[Line]) -> dict[ArticleId, Label]:
    """Parse the story of each article, a string or an integer, by article id.

    Raises:
        BadLineError: a line has no story, or repeats an id.
    """
    return {key: _parse_label(path, line) for key, line in _index_by_id(path, lines).items()}


def read_lines(path: str) -> list[Line]:
    """Read all objects of a file, plain or gzipped, or of standard input; skips empty lines."""
    return [
        Line(number, _parse_object(path, number, raw))
        for number, raw in enumerate(_read_raw_lines(path), start=1)
        if raw.removeprefix(codecs.BOM_UTF8).strip()
    ]


def write_lines(path: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one object per line in UTF-8; a file is written completely or not changed."""
    write_file(path, b"".join(_format_line(row) for row in rows))


def write_file(path: str, content: bytes) -> None:
    """Write to a file, see `replace_file`, or to standard output."""
    if path == STDIO:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        replace_file(Path(path), content)


def report_stream(path: str) -> TextIO:
    """The stream for reports of a command that writes its output to a path.

    It is standard output, unless that receives the output.
    """
    return sys.stderr if path == STDIO else sys.stdout


def require_writable(path: str) -> None:
    """Check early that `write_file` can write to a path; raises BadInputError."""
    target = Path(path).resolve()
    if path == STDIO:
        return
    if target.is_dir():
        raise BadInputError(f"Cannot write {path}: it is a folder")
    if not target.parent.is_dir():
        raise BadInputError(f"Cannot write {path}: folder {target.parent} does not exist")
    if not os.access(target if _is_special(target) else target.parent, os.W_OK):
        raise BadInputError(f"Cannot write {path}: Permission denied")


def replace_file(path: Path, content: bytes) -> None:
    """Replace the content of a file atomically; its permissions and symbolic links are preserved.

    Devices and pipes are written to, not replaced.

    Raises:
        BadInputError: the file cannot be written.
    """
    target = path.resolve()
    try:
        if _is_special(target):
            target.write_bytes(content)
        else:
            _replace(target, content)
    except OSError as error:
        raise BadInputError(f"Cannot write {path}: {error.strerror or error}") from error


def _replace(target: Path, content: bytes) -> None:
    """Write a temporary file in the same folder and rename it."""
    if target.exists():
        mode = stat.S_IMODE(target.stat().st_mode)
    else:
        mask = os.umask(0)  # the umask can only be read by setting it
        os.umask(mask)
        mode = 0o666 & ~mask
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _is_special(target: Path) -> bool:
    return target.exists() and not target.is_file() and not target.is_dir()


def _format_line(row: Mapping[str, Any]) -> bytes:
    """Format a line of JSON; unpaired surrogates stay escaped, because UTF-8 cannot encode them."""
    try:
        return f"{json.dumps(row, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:
        return f"{json.dumps(row)}\n".encode()


def _read_raw_lines(path: str) -> Iterator[bytes]:
    try:
        if path == STDIO:
            yield from sys.stdin.buffer
            return
        raw = Path(path).read_bytes()
        yield from (gzip.decompress(raw) if path.endswith(".gz") else raw).split(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise BadInputError(f"Cannot read {path}: {reason or error}") from error


def _parse_object(path: str, number: int, raw: bytes) -> dict[str, Any]:
    try:
        values = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadLineError(path, number, "not UTF-8") from None
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at character {error.pos + 1}"
        raise BadLineError(path, number, f"not JSON: {reason}") from None
    except ValueError:
        raise BadLineError(path, number, "not JSON: a number has too many digits") from None
    except RecursionError:
        raise BadLineError(path, number, "not JSON: nested too deeply") from None
    if not isinstance(values, dict):
        raise BadLineError(path, number, 'not an object: expected {"id": …, "title": …}')
    return values


def _index_by_id(path: str, lines: Iterable[Line]) -> dict[ArticleId, Line]:
    """Index lines by article id; raises BadLineError for an invalid or repeated id."""
    by_id: dict[ArticleId, Line] = {}
    for line in lines:
        key = line.values.get("id")
        if isinstance(key, bool) or not isinstance(key, int | str):
            reason = f"id must be a string or an integer, not {json.dumps(key)[:40]}"
            raise BadLineError(path, line.number, reason)
        first = by_id.setdefault(key, line)
        if first is not line:
            reason = f"id {json.dumps(key)} is repeated from line {first.number}"
            raise BadLineError(path, line.number, reason)
    return by_id


def _parse_article(path: str, key: ArticleId, line: Line, now: datetime | None) -> Article:
    title = _get_text(path, line, "title", required=True) or ""
    text = _get_text(path, line, "text") or ""
    return Article(
        id=key,
        title=title,
        text=text,
        outlet=_get_text(path, line, "outlet") or "",
        url=_get_text(path, line, "url") or "",
        published=_parse_date(line.values.get("published"), now),
        lang=resolve_language(_get_text(path, line, "lang") or "", title, text),
    )


def _parse_label(path: str, line: Line) -> Label:
    value = line.values.get("story")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _get_text(path, line, "story", required=True) or ""


def _parse_type(path: str, line: Line) -> ArticleType | None:
    """The type that a line names; None if it names none."""
    name = _get_text(path, line, "type")
    try:
        return ArticleType(name) if name is not None else None
    except ValueError:
        reason = f"unknown type {name!r:.40}: type must be one of {', '.join(ArticleType)}"
        raise BadLineError(path, line.number, reason) from None


def _get_text(path: str, line: Line, key: str, *, required: bool = False) -> str | None:
    value = line.values.get(key)
    if value is None and not required:
        return None
    if not isinstance(value, str):
        reason = "is missing" if key not in line.values else "must be a string"
        raise BadLineError(path, line.number, f"{key} {reason}")
    return value.encode("utf-8", "replace").decode()  # replaces unpaired surrogates


def _parse_date(value: object, now: datetime | None) -> datetime | None:
    """A trusted date, or None: an invalid date does not reject the article."""
    if not isinstance(value, str):
        return None
    parsed = dates.parse_date(value, zone=UTC)
    latest = min(now, _LATEST) if now else _LATEST
    return dates.check_date(value, parsed, now=latest, tolerance=_TOLERANCE).trusted
