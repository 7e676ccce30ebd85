"""`/v1/decisions`: decisions of editors, and their undo.

Forms of the desk belong to `service.web.desk`, the effects of decisions to `service.store.editing`.
"""
