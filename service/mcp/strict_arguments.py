"""Arguments of tools for agents: one that a tool does not have is refused; needs the extra `mcp`.

The library passes over what it does not know, and a filter that is not obeyed misleads.
"""

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver.tools.base import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
from mcp_types import ToolAnnotations
from pydantic import ConfigDict, create_model, model_validator


class Known(ArgModelBase):
    """Arguments of which none is unknown."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def all_known(cls, given: Any) -> Any:
        """Name what there is not, and what there is.

        Raises:
            ValueError: an argument is unknown.
        """
        known = cls.model_fields
        unknown = [name for name in given if name not in known] if isinstance(given, dict) else []
        if unknown:
            raise ValueError(f"no argument {unknown[0]!r:.100}; there are {', '.join(known)}")
        return given


def strict_tool(function: Callable[..., Any], annotations: ToolAnnotations) -> Tool:
    """A function as a tool with structured answers, which takes its own arguments and no others."""
    lax = Tool.from_function(function, annotations=annotations, structured_output=True)
    taken = lax.fn_metadata.arg_model
    strict = create_model(taken.__name__, __base__=(Known, taken))
    metadata = lax.fn_metadata.model_copy(update={"arg_model": strict})
    schema = strict.model_json_schema(by_alias=True)
    return lax.model_copy(update={"fn_metadata": metadata, "parameters": schema})
