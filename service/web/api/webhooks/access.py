"""Role, path parameter and error responses of the routes below `/v1/webhooks`."""

from typing import Annotated

from fastapi import Depends, Path

from service.domain.access.roles import Role
from service.web.middleware.authenticate import RequireRole
from service.web.requests.idempotency import WRITE_RESPONSES
from service.web.requests.parameters.types import BigInt
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

ADMIN = Depends(RequireRole(Role.ADMIN))
WebhookId = Annotated[BigInt, Path(description="Id of the webhook.")]
RESPONSES = {**PROBLEM_RESPONSES, 403: WRITE_RESPONSES[403]}
ITEM_RESPONSES = {**WRITE_RESPONSES, **NOT_FOUND_RESPONSE}
