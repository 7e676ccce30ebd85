"""Tests of clustering, placement, hysteresis, lineage and replay, with a fake encoder.

Tests with real encoders are in `tests.quality`.
"""
