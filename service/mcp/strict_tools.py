"""MCP tools and prompts that reject unknown arguments, with plain error messages.

The library ignores unknown arguments, and an ignored filter would mislead the agent.
"""

from collections.abc import Callable, Iterable
from typing import Any

from mcp.server.mcpserver.context import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.prompts.base import Message, Prompt
from mcp.server.mcpserver.tools.base import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, InputRequiredResult, ToolAnnotations
from pydantic import ConfigDict, ValidationError, create_model, model_validator

from service.domain.text.field_errors import describe_field_error


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
            raise ValueError(_name_valid(unknown[0], names))
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


class StrictPrompt(Prompt):
    """A prompt whose errors are one plain sentence for each wrong argument."""

    async def render(
        self, arguments: dict[str, Any] | None, context: Context[Any, Any]
    ) -> list[Message] | InputRequiredResult:
        """Render the prompt.

        Raises:
            MCPError: an argument is wrong.
        """
        names = [each.name for each in self.arguments or ()]
        if unknown := [name for name in arguments or () if name not in names]:
            raise MCPError(INVALID_PARAMS, _name_valid(unknown[0], names))
        try:
            return await super().render(arguments, context)
        except ValueError as error:
            cause = error.__cause__
            if not isinstance(cause, ValueError):
                raise
            message = _describe(cause) if isinstance(cause, ValidationError) else str(cause)
            raise MCPError(INVALID_PARAMS, message) from error


def strict_tool(function: Callable[..., Any], annotations: ToolAnnotations) -> Tool:
    """A tool with structured output that calls `function` and rejects unknown arguments."""
    lax = StrictTool.from_function(function, annotations=annotations, structured_output=True)
    lax_model = lax.fn_metadata.arg_model
    strict = create_model(lax_model.__name__, __base__=(StrictArguments, lax_model))
    metadata = lax.fn_metadata.model_copy(update={"arg_model": strict})
    schema = strict.model_json_schema(by_alias=True)
    return lax.model_copy(update={"fn_metadata": metadata, "parameters": schema})


def _name_valid(unknown: str, names: Iterable[str]) -> str:
    return f"Unknown argument {unknown!r:.100}: expected one of {', '.join(names)}"


def _describe(error: ValidationError) -> str:
    parts = []
    for each in error.errors(include_url=False):
        name = ".".join(map(str, each["loc"]))
        message = describe_field_error(each["type"], each["msg"], each.get("ctx", {}))
        parts.append(f"{name} = {each['input']!r:.100}: {message}" if name else message)
    return "; ".join(parts)
