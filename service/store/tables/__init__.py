"""ORM tables, one module per group of nouns.

Row classes have no behaviour; queries belong to the other packages of `service.store`.
"""

from service.store.tables.articles import (
    ArticleDocumentRow,
    ArticleFeedRow,
    ArticleKeyRow,
    ArticlePageRow,
    ArticleRow,
    CopyRow,
    ModelChoiceRow,
    ModelRow,
    RevisionRow,
    RoundupMentionRow,
    VectorRow,
)
from service.store.tables.base import Base
from service.store.tables.catalogue import (
    FamilyRow,
    FeedMoveRow,
    FeedRow,
    FetchRow,
    OutletRow,
)
from service.store.tables.decisions import ConstraintRow, DecisionRow, ReviewRow
from service.store.tables.operations import (
    BrowserSessionRow,
    EvaluationRow,
    GazetteerRow,
    IdempotentResponseRow,
    KeyRow,
    MaintenanceRow,
    RateBucketRow,
    RunRow,
    VocabularyRow,
)
from service.store.tables.queries import SavedQueryRow
from service.store.tables.readers import (
    AlertRow,
    DeliveryRow,
    EditionRow,
    LinkKeyRow,
    SubscriberRow,
    SuppressedAddressRow,
)
from service.store.tables.state import ChangeCounterRow, PendingChangeRow
from service.store.tables.stories import (
    MembershipRow,
    StoryAbsenceRow,
    StoryFacts,
    StorylineRow,
    StoryRow,
    StoryVersionRow,
    SurroundingsRow,
    TransitionRow,
)
from service.store.tables.webhooks import WebhookAttemptRow, WebhookBlockedStoryRow, WebhookRow

__all__ = [
    "AlertRow",
    "ArticleDocumentRow",
    "ArticleFeedRow",
    "ArticleKeyRow",
    "ArticlePageRow",
    "ArticleRow",
    "Base",
    "BrowserSessionRow",
    "ChangeCounterRow",
    "ConstraintRow",
    "CopyRow",
    "DecisionRow",
    "DeliveryRow",
    "EditionRow",
    "EvaluationRow",
    "FamilyRow",
    "FeedMoveRow",
    "FeedRow",
    "FetchRow",
    "GazetteerRow",
    "IdempotentResponseRow",
    "KeyRow",
    "LinkKeyRow",
    "MaintenanceRow",
    "MembershipRow",
    "ModelChoiceRow",
    "ModelRow",
    "OutletRow",
    "PendingChangeRow",
    "RateBucketRow",
    "ReviewRow",
    "RevisionRow",
    "RoundupMentionRow",
    "RunRow",
    "SavedQueryRow",
    "StoryAbsenceRow",
    "StoryFacts",
    "StoryRow",
    "StoryVersionRow",
    "StorylineRow",
    "SubscriberRow",
    "SuppressedAddressRow",
    "SurroundingsRow",
    "TransitionRow",
    "VectorRow",
    "VocabularyRow",
    "WebhookAttemptRow",
    "WebhookBlockedStoryRow",
    "WebhookRow",
]
