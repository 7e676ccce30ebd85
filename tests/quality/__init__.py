"""Quality tests: real encoders, labelled sets, quality floors and commands on files.

Not here: tests without a model (`tests.unit`) and tests of the database (`tests.integration`).
"""
