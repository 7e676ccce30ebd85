"""Email rendering, SMTP delivery, signed links and bounce parsing.

No decisions on what to send; see `service.domain.subscribers` and the jobs `digest` and `alerts`.
"""
