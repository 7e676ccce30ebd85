"""Text embedding: the encoder protocol, its implementations and their model weights.

Not here: settings of the model (`service.settings`) and storage of vectors (`service.store`).
"""
