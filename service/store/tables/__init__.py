"""The tables, a module for each group of nouns. Rows carry no behaviour."""

from service.store.tables.articles import (
    ArticleDocumentRow,
    ArticleRow,
    ArticleUrlRow,
    CopyRow,
    ModelRow,
    RevisionRow,
    VectorRow,
)
from service.store.tables.base import Base
from service.store.tables.catalogue import FamilyRow, FeedRow, FetchRow, OutletRow
from service.store.tables.decisions import ConstraintRow, DecisionRow
from service.store.tables.operations import (
    AnswerRow,
    GazetteerRow,
    KeyRow,
    LexiconRow,
    RunRow,
)
from service.store.tables.readers import (
    AlertRow,
    DeliveryRow,
    IssueRow,
    SecretRow,
    SubscriberRow,
)
from service.store.tables.state import StoreStateRow, StoreTouchRow
from service.store.tables.stories import (
    MembershipRow,
    StoryFacts,
    StorylineRow,
    StoryRow,
    StoryVersionRow,
    TransitionRow,
)
from service.store.tables.webhooks import WebhookHoldRow, WebhookRow

__all__ = [
    "AlertRow",
    "AnswerRow",
    "ArticleDocumentRow",
    "ArticleRow",
    "ArticleUrlRow",
    "Base",
    "ConstraintRow",
    "CopyRow",
    "DecisionRow",
    "DeliveryRow",
    "FamilyRow",
    "FeedRow",
    "FetchRow",
    "GazetteerRow",
    "IssueRow",
    "KeyRow",
    "LexiconRow",
    "MembershipRow",
    "ModelRow",
    "OutletRow",
    "RevisionRow",
    "RunRow",
    "SecretRow",
    "StoreStateRow",
    "StoreTouchRow",
    "StoryFacts",
    "StoryRow",
    "StoryVersionRow",
    "StorylineRow",
    "SubscriberRow",
    "TransitionRow",
    "VectorRow",
    "WebhookHoldRow",
    "WebhookRow",
]
