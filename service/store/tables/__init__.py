"""The tables, a module for each group of nouns. Rows carry no behaviour."""

from service.store.tables.articles import (
    ArticleRow,
    ArticleUrlRow,
    CopyRow,
    ModelRow,
    RevisionRow,
    VectorRow,
)
from service.store.tables.base import Base
from service.store.tables.catalogue import FamilyRow, FeedRow, FetchRow, OutletRow
from service.store.tables.operations import KeyRow, LexiconRow, RunRow, WebhookRow
from service.store.tables.readers import DeliveryRow, IssueRow, SubscriberRow
from service.store.tables.stories import (
    ConstraintRow,
    MembershipRow,
    StorylineRow,
    StoryRow,
    TransitionRow,
)

__all__ = [
    "ArticleRow",
    "ArticleUrlRow",
    "Base",
    "ConstraintRow",
    "CopyRow",
    "DeliveryRow",
    "FamilyRow",
    "FeedRow",
    "FetchRow",
    "IssueRow",
    "KeyRow",
    "LexiconRow",
    "MembershipRow",
    "ModelRow",
    "OutletRow",
    "RevisionRow",
    "RunRow",
    "StoryRow",
    "StorylineRow",
    "SubscriberRow",
    "TransitionRow",
    "VectorRow",
    "WebhookRow",
]
