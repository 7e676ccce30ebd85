"""Tests of the query language against the database."""
