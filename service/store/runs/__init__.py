"""Job runs: log, heartbeats, views, and the problems that the readiness check reports."""
