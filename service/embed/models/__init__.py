"""Neural networks of both bundled models: weights, tokenizers, precision.

The choice of a model and the batches of articles belong to `service/embed`.
"""
