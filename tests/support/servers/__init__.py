"""Test servers on loopback: the web application, feeds, SMTP, webhook receivers, a browser.

Content and database fixtures are in `tests/support/content` and `tests/support/database`.
"""
