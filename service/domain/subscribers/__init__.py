"""Rules of digest and alerts: preferences, delivery schedule, story selection, alert queries.

No storage, email rendering or sending; see `service.store.subscribers` and `service.mail`.
"""
