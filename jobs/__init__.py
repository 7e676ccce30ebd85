"""Scheduled jobs, one module per job; `jobs.running.schedule` lists them.

A job reads and writes through `service.store`; rules belong to `service.domain`.
"""
