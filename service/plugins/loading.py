"""Loading of plugins by the name of their entry point."""

from importlib.metadata import entry_points
from typing import Any

from service.errors import PluginError

#: Prefix of a setting's value that names a plugin instead of a built-in choice.
PREFIX = "plugin:"


def load_plugin(group: str, name: str, protocol: type) -> Any:
    """Load the plugin `name` of a group such as "encoders".

    Raises:
        PluginError: it is not installed, cannot be created, or lacks a method of the protocol.
    """
    points = entry_points(group=f"samestory.{group}")
    if name not in points.names:
        installed = ", ".join(sorted(points.names)) or "none"
        raise PluginError(
            group, name, f"not installed; installed plugins of this group: {installed}"
        )
    try:
        plugin = points[name].load()()
    except Exception as error:
        raise PluginError.from_exception(group, name, error) from error
    if not isinstance(plugin, protocol):
        raise PluginError(group, name, f"lacks members of {protocol.__name__}")
    return plugin


def plugin_name(value: str) -> str:
    """The name in a value such as "plugin:NAME"; "" for other values."""
    return value.removeprefix(PREFIX).strip() if value.startswith(PREFIX) else ""
