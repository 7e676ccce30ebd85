"""Evaluation metrics: agreement of groupings, copies and storylines with labels.

Not here: reading labelled files and printing reports (`service.commands.research`).
"""
