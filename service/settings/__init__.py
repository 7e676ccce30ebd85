"""Settings: plain dataclasses, one per table of `config/defaults.toml`, and their loader.

No I/O beyond reading the configuration, and no import of numpy, SQLAlchemy or other heavy packages.
"""
