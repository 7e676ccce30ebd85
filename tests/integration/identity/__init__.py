"""Admission of entries as articles or revisions."""
