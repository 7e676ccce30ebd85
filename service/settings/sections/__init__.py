"""Tables of `config/defaults.toml` as plain dataclasses, by subject.

Reading, conversion and validation of values belong to `service.settings`.
"""
