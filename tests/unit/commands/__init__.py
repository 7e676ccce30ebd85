"""Tests of JSON Lines files and charts.

Commands that need a model or a database are tested elsewhere.
"""
