"""Prompt and resources of the MCP server: a briefing, the top stories, one story."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from pydantic import Field

from service.domain.search.time_expressions import parse_time
from service.mcp.records import (
    StoryResult,
)
from service.mcp.results import (
    StoriesResult,
)
from service.mcp.tools import Tools

STORIES_URI = "samestory://stories"
STORY_URI = "samestory://stories/{story_id}"
#: Format of the resources.
JSON = "application/json"


class Briefings:
    """The functions behind prompt and resources; agents see their docstrings as descriptions."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def brief_me(
        self,
        topic: Annotated[str, Field(max_length=200, description="Empty: all news.")] = "",
        since: Annotated[str, Field(max_length=100, description="Such as -24h or today.")] = "-24h",
        language: Annotated[str, Field(max_length=100, description="Language to write in.")] = "",
    ) -> str:
        """Write a briefing of the news, with sources."""
        parse_time(since, datetime.now(UTC))  # raises ValueError before an agent uses the text
        tool = "search" if topic else "stories"
        arguments = {"q": topic, "since": since} if topic else {"since": since}
        find = f"Call `{tool}` with {json.dumps(arguments, ensure_ascii=False)}."
        write_in = f" Write in {language}." if language else ""
        return (
            f"Brief me on {topic or 'the news'} since {since}.{write_in}\n\n"
            f"1. {find} Take up to five stories with the highest independent coverage.\n"
            "2. Call `story` for each of them.\n"
            "3. Write two or three sentences on each story: the event, the outlets that reported it, "
            "and where their reports differ. Cite outlet, time and URL beside each fact.\n"
            "4. State which stories only one outlet reports. Add nothing that no report states.\n"
            "5. If there is no story, say so, and name the period."
        )

    def top_stories(self) -> StoriesResult:
        """The top stories of the last 24 hours, with quoted summaries."""
        with _as_resource():
            return self._tools.stories(limit=20)

    def one_story(self, story_id: str) -> StoryResult:
        """One story in full: summary, reports, developments, storyline."""
        with _as_resource():
            return self._tools.story(story_id)


@contextmanager
def _as_resource() -> Iterator[None]:
    """Raise tool errors as resource errors, whose messages reach the agent."""
    try:
        yield
    except ToolError as error:
        raise ResourceError(str(error)) from error
