"""Pages of editors: sign-in, the queue of open questions, editing of stories, the audit log.

Operators' pages belong in `web/operations`. Both take a browser session with the role.
"""
