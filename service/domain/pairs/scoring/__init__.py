"""Scoring model of article pairs: score, its training and calibration, and the priors.

Features and candidate pairs belong to `service.domain.pairs`.
"""
