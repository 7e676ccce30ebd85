"""Commands for the setup of a service: settings with their sources, and checks of what it needs.

Checks of the machine and of other servers are separate modules; each check returns a `Finding`.
"""
