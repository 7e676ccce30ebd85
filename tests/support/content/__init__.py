"""Invented articles, feeds, stories and subscribers for tests.

Helpers that need more than content, such as servers, belong to the folders beside this one.
"""
