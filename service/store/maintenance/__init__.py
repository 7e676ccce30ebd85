"""Maintenance of the database: comparison with the models, backup and restore."""
