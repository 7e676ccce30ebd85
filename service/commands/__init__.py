"""Commands of the command line, one module per command or group of commands.

Commands parse arguments and print results; the work belongs to the lower layers.
"""
