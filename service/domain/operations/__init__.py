"""State of the running service: jobs that are late, and the remedy for each problem.

Queries of this state belong in `store/operations`.
"""
