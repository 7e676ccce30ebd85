"""Pages of articles: permission to read them, download, extraction of the text.

Rules without I/O belong to `service.domain.pages`.
"""
