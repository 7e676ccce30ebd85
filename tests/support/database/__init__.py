"""Database fixtures for tests: rows, keys, large stores, invariants, migrations.

Servers and content of tests belong to the other packages of `tests.support`.
"""
