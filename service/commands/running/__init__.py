"""Starting the service: composition root, `servers`, and output shared by commands.

Commands themselves belong to modules of their own in `service.commands`, except `up` and `web`.
"""
