"""Commands for the setup: settings with their sources, checks of what the service needs."""
