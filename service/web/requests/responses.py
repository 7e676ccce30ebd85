"""JSON responses from pydantic models."""

from fastapi import Response
from pydantic import BaseModel


def model_response(model: BaseModel) -> Response:
    """Serialise a model directly; FastAPI would validate it a second time."""
    return Response(model.model_dump_json(by_alias=True), media_type="application/json")
