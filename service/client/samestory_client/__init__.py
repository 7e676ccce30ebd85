"""Python client for the samestory HTTP API.

from samestory_client import Client

with Client("https://news.example.org", key="…") as client:
for story in client.stories(min_independent=3, sort="newest", limit=20):
print(story.headline, story.coverage)
"""

from samestory_client.client import Client
from samestory_client.counting import Count, Counts, Facet, FacetValue, Summary, Total, Value
from samestory_client.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnreachableError,
    InvalidResponseError,
    InvalidUrlError,
)
from samestory_client.evidence import Evidence
from samestory_client.lookup import ListedEntity, Missing, MissingValue
from samestory_client.models import (
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
    Page,
    Quote,
    Rank,
    Roundup,
    Story,
    StoryDetail,
    Storyline,
    StorylineRef,
    StorylineSummary,
    StoryRef,
)
from samestory_client.queries import SavedQuery
from samestory_client.webhooks import Delivery, Outcome, Webhook

__all__ = [
    "ApiError",
    "ApiRefusedError",
    "ApiUnreachableError",
    "Article",
    "Change",
    "Changes",
    "Client",
    "Count",
    "Counts",
    "Delay",
    "Delivery",
    "Development",
    "Entities",
    "Entity",
    "Evidence",
    "Facet",
    "FacetValue",
    "InvalidResponseError",
    "InvalidUrlError",
    "ListedEntity",
    "Member",
    "Missing",
    "MissingValue",
    "Outcome",
    "Outlet",
    "OutletRef",
    "Pace",
    "Page",
    "Quote",
    "Rank",
    "Roundup",
    "SavedQuery",
    "Story",
    "StoryDetail",
    "StoryRef",
    "Storyline",
    "StorylineRef",
    "StorylineSummary",
    "Summary",
    "Total",
    "Value",
    "Webhook",
]
