"""Headless Chromium for tests and pictures of pages."""
