"""Page `/docs`: the OpenAPI document as HTML, grouped by task."""

import json
import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.web.dependencies import WebContextDep

router = APIRouter(include_in_schema=False)

#: Lines of a list item, and of its continuation.
_ITEM = re.compile(r"^- (.*(?:\n  .*)*)", re.MULTILINE)


@router.get("/docs")
def docs(request: Request, web: WebContextDep) -> HTMLResponse:
    """Routes by task, with parameters, responses and examples; without scripts or other hosts."""
    document = request.app.openapi()
    routes: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = _describe_route(method.upper(), path, operation)
            routes.setdefault(operation["tags"][0], []).append(route)
    tasks = [{**tag, "routes": routes[tag["name"]]} for tag in document["tags"]]
    template = web.templates.get_template("docs.html")
    description = split_blocks(document["info"]["description"])
    return HTMLResponse(template.render(description=description, tasks=tasks))


def _describe_route(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": operation["operationId"],
        "method": method,
        "path": path,
        "summary": operation["summary"],
        "description": split_blocks(operation.get("description", "")),
        "parameters": [_describe_parameter(each) for each in operation.get("parameters", ())],
        "body": _format_example(operation.get("requestBody", {})),
        "responses": [
            (status, response["description"], _format_example(response))
            for status, response in sorted(operation["responses"].items())
        ],
    }


def split_blocks(text: str) -> list[tuple[str, list[str]]]:
    """Split a description into its paragraphs and lists.

    Returns pairs: `("p", [text])` or `("ul", items)`.
    """
    blocks = []
    for block in re.split(r"\n\s*\n", text.strip()):
        items = [" ".join(each.split()) for each in _ITEM.findall(block)]
        blocks.append(("ul", items) if items else ("p", [" ".join(block.split())]))
    return blocks


def _describe_parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    return {
        "name": parameter["name"],
        "location": parameter["in"],
        "required": parameter.get("required", False),
        "text": parameter.get("description") or schema.get("description", ""),
        "example": parameter.get("example", ""),
    }


def _format_example(content: dict[str, Any]) -> str:
    """Format the examples of a body as text."""
    for media in content.get("content", {}).values():
        if "examples" in media:
            values = [each["value"] for each in media["examples"].values()]
            return "\n".join(json.dumps(each, ensure_ascii=False) for each in values)
        example = media.get("example")
        if isinstance(example, str):
            return example
        if example is not None:
            return json.dumps(example, indent=2, ensure_ascii=False)
    return ""
