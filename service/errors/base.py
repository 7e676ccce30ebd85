"""Base class, and errors of settings, exports and maintenance mode."""


class SamestoryError(Exception):
    """Base class; `str(error)` is one line for the user."""


class SettingsError(SamestoryError):
    """A setting is unknown, has the wrong type or is out of range."""


class MaintenanceError(SamestoryError):
    """The service is in maintenance mode and changes nothing; the message gives the reason."""


class ExportError(SamestoryError):
    """A dump cannot be written; the message gives the reason."""
