"""Shared JSON schemas, HTML templates and links; `formats` has feeds and pictures.

Routes are in `service/web/api` and `service/web/pages`.
"""
