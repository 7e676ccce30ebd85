"""Texts to vectors: the encoder protocol and its implementations."""
