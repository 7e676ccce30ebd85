"""Pages of editors: the queue of open questions, editing of stories, the audit log.

Pages for operators belong in `web/operations`; both use `web/people`.
"""
