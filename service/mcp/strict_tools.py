"""MCP tools that reject unknown arguments, with plain error messages.

The library ignores unknown arguments, and an ignored filter would mislead the agent.
"""

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver.context import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools.base import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
from mcp_types import ToolAnnotations
from pydantic import ConfigDict, ValidationError, create_model, model_validator


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


class StrictTool(Tool):
    """A tool whose errors are one plain sentence for each wrong argument."""

    async def run(
        self,
        arguments: dict[str, Any],
        context: Context[Any, Any],
        convert_result: bool = False,  # noqa: FBT001, FBT002  # signature of the library
    ) -> Any:
        """Run the tool.

        Raises:
            ToolError: an argument is wrong, or the service refused the request.
        """
        try:
            self.fn_metadata.validate_arguments(arguments)
        except ValidationError as error:
            raise ToolError(_describe(error)) from error
        try:
            return await super().run(arguments, context, convert_result)
        except UnexpectedToolError:
            raise
        except ToolError as error:
            # The library adds the name of the tool, which the agent has called itself.
            raise ToolError(str(error.__cause__ or error)) from error


def strict_tool(function: Callable[..., Any], annotations: ToolAnnotations) -> Tool:
    """A tool with structured output that calls `function` and rejects unknown arguments."""
    lax = StrictTool.from_function(function, annotations=annotations, structured_output=True)
    lax_model = lax.fn_metadata.arg_model
    strict = create_model(lax_model.__name__, __base__=(StrictArguments, lax_model))
    metadata = lax.fn_metadata.model_copy(update={"arg_model": strict})
    schema = strict.model_json_schema(by_alias=True)
    return lax.model_copy(update={"fn_metadata": metadata, "parameters": schema})


def _describe(error: ValidationError) -> str:
    parts = []
    for each in error.errors(include_url=False, include_context=False):
        name = ".".join(map(str, each["loc"]))
        message = each["msg"].removeprefix("Value error, ")
        parts.append(f"{name} = {each['input']!r:.100}: {message}" if name else message)
    return "; ".join(parts)
