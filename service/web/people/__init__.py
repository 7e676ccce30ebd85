"""Signed-in people: sign-in, required roles, and forms with their tokens.

The pages of `web/desk` and `web/operations` build on these modules.
"""
