"""Queries that a route cannot obey are refused: a filter that is not obeyed misleads."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from service.settings.load import nearest

#: Pages and figures take what others append to their addresses.
CHECKED = "/v1/"
NOT_UTF8 = "not UTF-8; encode the text as UTF-8 before it is percent-encoded"
ONCE = "given more than once, and takes one value"


async def only_known(request: Request) -> None:
    """Let a request through if its route has all parameters that it names; a dependency of all.

    Raises:
        RequestValidationError: it names others, repeats one that takes one value, or is no UTF-8.
    """
    query: bytes = request.scope["query_string"]
    if not request.scope["path"].startswith(CHECKED) or not query:
        return
    if faults := list(_unreadable(query)) or list(_unfit(request)):
        raise RequestValidationError(faults)


def _unreadable(query: bytes) -> Iterator[Mapping[str, Any]]:
    """Parameters that are no UTF-8, which would be read with other letters in their place."""
    bytewise = "latin-1"
    for name, value in parse_qsl(query.decode(bytewise), keep_blank_values=True, encoding=bytewise):
        try:
            f"{name}={value}".encode(bytewise).decode()
        except UnicodeDecodeError:
            shown = name.encode(bytewise).decode(errors="replace")
            yield {"type": "not_utf8", "loc": ("query", shown), "msg": NOT_UTF8}


def _unfit(request: Request) -> Iterator[Mapping[str, Any]]:
    """Parameters that the route does not have, or that it takes once."""
    known = parameters(request)
    for name, count in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in known:
            yield {"type": "extra_forbidden", "loc": ("query", name), "msg": ""}
        elif count > 1 and not _has_many(known[name]):
            yield {"type": "repeated", "loc": ("query", name), "msg": ONCE}


def meant(request: Request, where: Sequence[str | int]) -> str:
    """Name what somebody may have meant by a parameter that there is not."""
    if where[0] != "query":
        return "no such field here"
    known = parameters(request)
    hint = nearest(str(where[-1]), known) if known else "none is taken here"
    return f"no such parameter; {hint}"


def parameters(request: Request) -> dict[str, Mapping[str, Any]]:
    """The schemas that the description gives to the parameters of a request's query, by name."""
    path = request.scope["route"].path
    operation = request.app.openapi()["paths"].get(path, {}).get(request.method.lower(), {})
    found = operation.get("parameters", [])
    return {each["name"]: each["schema"] for each in found if each["in"] == "query"}


def _has_many(schema: Mapping[str, Any]) -> bool:
    """Whether a parameter has several values, and may be repeated."""
    return any(each.get("type") == "array" for each in (schema, *schema.get("anyOf", ())))
