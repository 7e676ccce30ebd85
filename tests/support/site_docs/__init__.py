"""Documentation site: reference pages from the code, and hooks of MkDocs; `make docs` builds it."""
