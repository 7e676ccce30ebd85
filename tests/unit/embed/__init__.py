"""Tests of encoders, language means and low-precision inference, without real models.

Tests with real models are in `tests.quality`.
"""
