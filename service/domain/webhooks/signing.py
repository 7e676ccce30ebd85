"""Webhook secrets, message ids and HMAC signatures of the Standard Webhooks scheme.

A delivery has the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`. The signature
covers `id.timestamp.body`, so neither the id nor the timestamp can be changed.
"""

import base64
import hashlib
import hmac
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def format_secret(secret: bytes) -> str:
    """Encode a secret for the receiver: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secret).decode()


def message_id(webhook: int, transition: int) -> str:
    """Id of a delivery; the same for each attempt."""
    return f"samestory-{webhook}-{transition}"


def sign(secret: bytes, message: str, body: bytes, *, at: datetime) -> dict[str, str]:
    """Headers of a delivery with a signature for the time `at`."""
    timestamp = int(at.timestamp())
    content = f"{message}.{timestamp}.".encode() + body
    digest = hmac.new(secret, content, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
