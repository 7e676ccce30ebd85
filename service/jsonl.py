"""Files of articles, one JSON object a line: read with care, written whole or not at all."""

import gzip
import json
import os
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from service.domain import dates
from service.domain.articles import Article, ArticleId
from service.errors import BadInputError, BadLineError

#: The name that stands for standard input or output.
STANDARD = "-"

_CLOCKS_AHEAD = timedelta(hours=1)
_LAST = datetime.max.replace(tzinfo=dates.EARLIEST.tzinfo) - _CLOCKS_AHEAD


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its number, from 1, and its object."""

    number: int
    values: Mapping[str, Any]


def read_articles(path: str, *, now: datetime | None = None) -> list[Article]:
    """The articles of a file, in its order; keys beyond those of an article are not looked at.

    Dates that cannot be read, lie before 1990 or, where `now` is given, after it, are dropped.

    Raises:
        BadLineError: a line is no article, or repeats an id.
        BadInputError: the file cannot be read.
    """
    return articles_of(path, read_lines(path), now=now)


def articles_of(path: str, lines: Iterable[Line], *, now: datetime | None = None) -> list[Article]:
    """The articles of lines that are read already; see `read_articles`."""
    first: dict[ArticleId, int] = {}
    found = []
    for line in lines:
        article = _article(path, line, now)
        seen = first.setdefault(article.id, line.number)
        if seen != line.number:
            reason = f"id {json.dumps(article.id)} was given in line {seen} already"
            raise BadLineError(path, line.number, reason)
        found.append(article)
    return found


def read_labels(path: str, lines: Iterable[Line]) -> dict[ArticleId, str]:
    """The story of each article by id; BadLineError where a line has none."""
    return {_id(path, line): _text(path, line, "story", required=True) or "" for line in lines}


def read_lines(path: str) -> list[Line]:
    """All objects of a file, plain or gzipped, or of standard input; empty lines are skipped."""
    return [
        Line(number, _object(path, number, raw))
        for number, raw in enumerate(_raw_lines(path), start=1)
        if raw.strip()
    ]


def write_lines(path: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one object a line; a file appears with all of them or stays as it was."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if path == STANDARD:
        sys.stdout.write(text)
    else:
        write_whole(Path(path), text)


def write_whole(path: Path, text: str) -> None:
    """Put a text in the place of a file in one step.

    Raises:
        BadInputError: the file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise BadInputError(f"cannot write {path}: {error.strerror or error}") from error


def _raw_lines(path: str) -> Iterator[bytes]:
    try:
        if path == STANDARD:
            yield from sys.stdin.buffer
            return
        raw = Path(path).read_bytes()
        yield from (gzip.decompress(raw) if path.endswith(".gz") else raw).splitlines(keepends=True)
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise BadInputError(f"cannot read {path}: {reason or error}") from error


def _object(path: str, number: int, raw: bytes) -> dict[str, Any]:
    try:
        values = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadLineError(path, number, "not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise BadLineError(path, number, f"not JSON: {error}") from None
    if not isinstance(values, dict):
        raise BadLineError(path, number, "not an object")
    return values


def _article(path: str, line: Line, now: datetime | None) -> Article:
    return Article(
        id=_id(path, line),
        title=_text(path, line, "title", required=True) or "",
        text=_text(path, line, "text") or "",
        outlet=_text(path, line, "outlet") or "",
        url=_text(path, line, "url") or "",
        published=_date(line.values.get("published"), now),
        lang=_text(path, line, "lang") or "",
    )


def _id(path: str, line: Line) -> ArticleId:
    value = line.values.get("id")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise BadLineError(path, line.number, "id must be a text or a whole number")
    return value


def _text(path: str, line: Line, key: str, *, required: bool = False) -> str | None:
    value = line.values.get(key)
    if value is None and not required:
        return None
    if not isinstance(value, str):
        reason = "is missing" if key not in line.values else "must be a text"
        raise BadLineError(path, line.number, f"{key} {reason}")
    return value.encode("utf-8", "replace").decode()  # half of a surrogate pair is no character


def _date(value: object, now: datetime | None) -> datetime | None:
    """A trusted date or None: a wrong date never stops an article."""
    if not isinstance(value, str):
        return None
    parsed = dates.parse_date(value)
    judged = dates.judge(value, parsed, now=now or _LAST, tolerance=_CLOCKS_AHEAD)
    return judged.trusted


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
