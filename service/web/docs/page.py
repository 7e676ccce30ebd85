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
    routes = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "description": operation.get("description", ""),
            "parameters": [_describe_parameter(each) for each in operation.get("parameters", ())],
            "body": _format_example(operation.get("requestBody", {})),
            "responses": [
                (status, response["description"], _format_example(response))
                for status, response in sorted(operation["responses"].items())
            ],
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    template = web.templates.get_template("docs.html")
    return HTMLResponse(template.render(description=document["info"]["description"], routes=routes))


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
