"""Running jobs: context, schedule, scheduler, run log, signals, sending of emails.

The work of a single job belongs to its own module in `jobs`.
"""
