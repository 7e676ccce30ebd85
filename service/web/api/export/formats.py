"""Formats of exports: JSON lines, and CSV with a column for each field."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import to_json

Item = Mapping[str, Any]
Encoder = Callable[[Iterable[Item]], bytes]
#: Names of nested fields, from the outermost.
Column = tuple[str, ...]
#: A cell that begins with one of these would be a formula in a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

#: Spreadsheets skip white space, or split a cell at these separators.
SKIPPED = " \t\r\n\u00a0\u3000;,"


class ExportFormat(StrEnum):
    """Format of an export."""

    JSONL = "jsonl"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        """The media type with the encoding."""
        return "application/jsonl" if self is ExportFormat.JSONL else "text/csv; charset=utf-8"


def encode_jsonl(items: Iterable[Item]) -> bytes:
    """One line of JSON for each item."""
    return b"".join(line for item in items for line in (to_json(item), b"\n"))


def csv_encoder(columns: Sequence[Column]) -> Encoder:
    """A function that encodes items as CSV (RFC 4180)."""

    def encode(items: Iterable[Item]) -> bytes:
        return _csv_lines([_cell(item, column) for column in columns] for item in items)

    return encode


def csv_header(columns: Sequence[Column]) -> bytes:
    """The first line of a CSV file; nested names are joined by dots."""
    return _csv_lines([[".".join(column) for column in columns]])


def columns_of(model: type[BaseModel], names: Sequence[str]) -> list[Column]:
    """The CSV columns of some fields of a model; a nested model has a column for each field."""
    columns: list[Column] = []
    fields = {field.alias or key: field for key, field in model.model_fields.items()}
    for name in names:
        nested = _nested_model(fields[name].annotation)
        if nested is None:
            columns.append((name,))
        else:
            inner = [field.alias or key for key, field in nested.model_fields.items()]
            columns += [(name, *column) for column in columns_of(nested, inner)]
    return columns


def _nested_model(annotation: Any) -> type[BaseModel] | None:
    """The model of a field whose value is one object or null; None for any other field."""
    [kind, *others] = [each for each in get_args(annotation) if each is not NoneType] or [
        annotation
    ]
    is_list = hasattr(annotation, "__origin__")
    is_model = isinstance(kind, type) and issubclass(kind, BaseModel)
    return kind if is_model and not others and not is_list else None


def _cell(item: Any, column: Column) -> str:
    """The text of a cell; lists of texts are joined by semicolons, other lists are JSON."""
    value: Any = item
    for name in column:
        value = value.get(name) if value is not None else None
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return _dump(value)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = "; ".join(value)
    text = value if isinstance(value, str) else _dump(value)
    is_formula = text.startswith(FORMULA_STARTS) or text.lstrip(SKIPPED).startswith(FORMULA_STARTS)
    return f"'{text}" if is_formula else text


def _csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
