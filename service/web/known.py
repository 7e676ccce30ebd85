"""Parameters that a route does not have are refused: a filter that is not obeyed misleads."""

from collections.abc import Sequence

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from service.settings import nearest

#: Pages and figures take what others append to their addresses.
CHECKED = "/v1/"


async def only_known(request: Request) -> None:
    """Let a request through if its route has all parameters that it names; a dependency of all.

    Raises:
        RequestValidationError: it names others.
    """
    if not request.scope["path"].startswith(CHECKED) or not request.scope["query_string"]:
        return
    known = parameters(request)
    if unknown := [name for name in dict.fromkeys(request.query_params) if name not in known]:
        faults = [
            {"type": "extra_forbidden", "loc": ("query", each), "msg": ""} for each in unknown
        ]
        raise RequestValidationError(faults)


def meant(request: Request, where: Sequence[str | int]) -> str:
    """Name what somebody may have meant by a parameter that there is not."""
    if where[0] != "query":
        return "no such field here"
    known = parameters(request)
    hint = nearest(str(where[-1]), known) if known else "none is taken here"
    return f"no such parameter; {hint}"


def parameters(request: Request) -> list[str]:
    """The names that the description gives to the parameters of a request's query."""
    path = request.scope["route"].path
    operation = request.app.openapi()["paths"].get(path, {}).get(request.method.lower(), {})
    return [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
