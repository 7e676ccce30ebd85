"""Editors' decisions: apply, undo, audit log, marks on stories and labels for training.

The rules behind a decision belong in `domain.editing`; request and command handling above.
"""
