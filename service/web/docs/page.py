"""Page `/docs`: the OpenAPI document as HTML."""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.web.dependencies import WebContextDep

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs(request: Request, web: WebContextDep) -> HTMLResponse:
    """Routes with their parameters, responses and examples; without scripts or other hosts."""
    document = request.app.openapi()
    template = web.templates.get_template("docs.html")
    return HTMLResponse(
        template.render(description=document["info"]["description"], routes=_routes(document))
    )


def _routes(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "description": operation.get("description", ""),
            "parameters": [_parameter(each) for each in operation.get("parameters", ())],
            "body": _example(operation.get("requestBody", {})),
            "responses": [
                (status, response["description"], _example(response))
                for status, response in sorted(operation["responses"].items())
            ],
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    return {
        "name": parameter["name"],
        "location": parameter["in"],
        "required": parameter.get("required", False),
        "text": parameter.get("description") or schema.get("description", ""),
        "example": parameter.get("example", ""),
    }


def _example(content: dict[str, Any]) -> str:
    """Examples of a body as formatted text."""
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
