"""Output formats: shared JSON schemas, HTML templates, feeds (Atom, RSS, JSON Feed), links.

Routes are in `service/web/api` and `service/web/pages`.
"""
