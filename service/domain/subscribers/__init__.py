"""Rules of alerts, filters and opt-in; those of digests are in `digests`.

No storage, email rendering or sending; see `service.store.subscribers` and `service.mail`.
"""
