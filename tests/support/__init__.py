"""Helpers of tests: fake encoder, feed validation, layer diagram, measured values of a run.

Test content, databases and servers have folders of their own. Tests do not belong here.
"""
