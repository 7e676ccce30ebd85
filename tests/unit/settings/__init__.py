"""Tests of the settings, the documentation, the lock files and signal handling."""
