"""Benchmarks of the pipeline, the digest and the API; `make bench` runs them.

Measurements only: tests with assertions belong to the other folders.
"""
