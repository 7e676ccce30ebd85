"""Email rendering, SMTP delivery, signed links and bounce parsing.

`service.domain.subscribers` and the jobs `digest` and `alerts` select the emails to send.
"""
