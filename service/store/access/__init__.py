"""API keys and idempotent responses.

HTTP middleware and headers belong to `service.web`; roles and quotas to `service.domain.access`.
"""
