"""The signed-in person of the current request, for templates.

A context variable, because most pages render without the request, and each page has the links of
the person's roles in its footer.
"""

from contextvars import ContextVar

from service.store.access.browser_sessions import BrowserSession

#: Set by `AccessMiddleware`; None for a request without a valid session.
current_viewer: ContextVar[BrowserSession | None] = ContextVar("current_viewer", default=None)
