"""Scheduled work: one file a job, the table of them in `jobs.running.schedule`."""
