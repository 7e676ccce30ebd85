"""Rules of the digest and of alerts: preferences, delivery schedule, story selection, alert queries.

No storage, email rendering or sending; see `service.store.subscribers` and `service.mail`.
"""
