"""Commands for the setup of a service: settings with their sources, and checks of its parts.

Checks of the machine and of other servers are separate modules; each check returns a `Finding`.
"""
