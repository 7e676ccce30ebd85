"""Unit tests of the capacity model."""
