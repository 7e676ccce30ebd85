"""The web application: JSON API, HTML pages, health checks, metrics. `app.py` puts it together.

No SQL and no business rules: those are in `service/store` and `service/domain`.
"""
