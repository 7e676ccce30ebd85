"""MCP tools that reject unknown arguments.

The library ignores unknown arguments, and an ignored filter would mislead the agent.
"""

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver.tools.base import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
from mcp_types import ToolAnnotations
from pydantic import ConfigDict, create_model, model_validator


class StrictArguments(ArgModelBase):
    """Tool arguments without unknown names."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def reject_unknown(cls, arguments: Any) -> Any:
        """Reject unknown arguments.

        Raises:
            ValueError: an argument is unknown; the message lists the valid ones.
        """
        names = cls.model_fields
        if isinstance(arguments, dict) and (unknown := [x for x in arguments if x not in names]):
            raise ValueError(
                f"Unknown argument {unknown[0]!r:.100}: expected one of {', '.join(names)}"
            )
        return arguments


def strict_tool(function: Callable[..., Any], annotations: ToolAnnotations) -> Tool:
    """A tool with structured output that calls `function` and rejects unknown arguments."""
    lax = Tool.from_function(function, annotations=annotations, structured_output=True)
    lax_model = lax.fn_metadata.arg_model
    strict = create_model(lax_model.__name__, __base__=(StrictArguments, lax_model))
    metadata = lax.fn_metadata.model_copy(update={"arg_model": strict})
    schema = strict.model_json_schema(by_alias=True)
    return lax.model_copy(update={"fn_metadata": metadata, "parameters": schema})
