"""HTTP servers of a process, and the start-up of the commands that serve.

Routes belong to `service.web`.
"""
