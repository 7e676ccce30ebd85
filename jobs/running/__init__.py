"""Running jobs: context, schedule, scheduler, runner, locks, models in use, signals.

The work of a single job belongs to its own module in `jobs`.
"""
