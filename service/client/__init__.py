"""A client of the query API, for programs in Python.

    from service.client import Client

    with Client("https://news.example.org", key="…") as samestory:
        for story in samestory.stories(min_independent=3, sort="newest", most=20):
            print(story.headline, story.coverage)

It knows the API over HTTP alone and imports nothing of the service but its errors.
"""

from service.client.client import Client
from service.client.evidence import Evidence
from service.client.models import (
    Article,
    Change,
    Changes,
    Delay,
    Development,
    Entities,
    Entity,
    Member,
    Outlet,
    OutletRef,
    Pace,
    Quote,
    Rank,
    Story,
    StoryDetail,
    StorylineRef,
    StoryRef,
)
from service.errors import ApiError, ApiRefusedError, ApiUnreachableError

__all__ = [
    "ApiError",
    "ApiRefusedError",
    "ApiUnreachableError",
    "Article",
    "Change",
    "Changes",
    "Client",
    "Delay",
    "Development",
    "Entities",
    "Entity",
    "Evidence",
    "Member",
    "Outlet",
    "OutletRef",
    "Pace",
    "Quote",
    "Rank",
    "Story",
    "StoryDetail",
    "StoryRef",
    "StorylineRef",
]
