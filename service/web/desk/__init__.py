"""Pages of editors: sign-in, the queue of open questions, editing of stories, the audit log.

Pages for operators belong in `web/operations`. Both need a browser session with the required role.
"""
