"""Starting the service: composition root, HTTP server, start-up, and output shared by commands.

Commands themselves belong to modules of their own in `service.commands`, except `up` and `web`.
"""
