"""Settings of stories: grouping, copies, hysteresis, storylines, replay, lifecycle."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.settings.sections.embedding import CandidateSettings


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Time window within which the daemon compares articles."""

    days: float

    @property
    def reach(self) -> timedelta:
        """Maximum distance in time between two compared articles."""
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class GroupingSettings:
    """Thresholds for grouping articles into stories."""

    quorum: float  #: minimum mean pair score of every article of a story when one is placed in it
    join_score: float  #: minimum pair score of a new article with the nearest member of a story
    epsilon: float  #: HDBSCAN does not split clusters at distances (1 − pair score) below this
    weak_score: float  #: pairs with a lower score do not connect articles
    max_component: int  #: larger connected components are cut at their weakest pairs first


@dataclass(frozen=True, slots=True)
class CopySettings:
    """Thresholds for detecting copies.

    A share is the weighted fraction, 0 to 1, of the shorter article's shingles (title and text)
    that also occur in the longer article.
    """

    share: float  #: minimum share for articles of two outlets
    share_same_title: float  #: lower minimum share for two outlets whose titles are similar
    title_similarity: float  #: titles are similar from this value on (0 to 1)
    version_share: float  #: minimum share for articles of one outlet with the same timestamp
    strict_share: float  #: minimum share for other articles of one outlet and for brief articles
    brief_weight: float  #: lighter articles are brief; a shingle weighs 1, a quoted one 0.5
    min_shingles: int  #: articles with fewer shingles are never copies
    shingle_words: int  #: words per shingle
    signature_size: int  #: MinHash values per article used to find candidate originals


@dataclass(frozen=True, slots=True)
class HysteresisSettings:
    """When articles count as stable, and which scores still move them."""

    min_age_hours: float  #: an article is stable this long after it first joined a story
    min_window_articles: int  #: no article is stable in a smaller window
    keep_log_odds: float  #: added to the log odds of a merge within one stable story
    join_log_odds: float  #: subtracted from the log odds of a merge of two stable stories


@dataclass(frozen=True, slots=True)
class StorySettings:
    """All settings that affect which articles form one story."""

    candidates: CandidateSettings
    grouping: GroupingSettings
    copies: CopySettings
    hysteresis: HysteresisSettings


@dataclass(frozen=True, slots=True)
class StorylineSettings:
    """Thresholds for linking stories into storylines; section `[storylines]`."""

    link: float  #: pairs of stories with a lower similarity do not connect
    quorum: float  #: minimum mean similarity of every story with the rest of its storyline
    neighbours: int  #: most similar stories that each story is compared with
    span_days: float  #: stories further apart in time are not linked
    max_component: int  #: larger connected components are split by time first


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """Simulated schedule of a replay."""

    minutes: float  #: simulated minutes between two runs of reconcile
    arrivals: int  #: maximum number of articles that arrive between two runs
    window_hours: float  #: articles that arrived earlier than this are no longer regrouped
    min_age_hours: float  #: late churn counts moves of articles that arrived longer ago


@dataclass(frozen=True, slots=True)
class EntitySettings:
    """Recognition of people, places and organisations; section `[entities]`."""

    plugin: str  #: name of a plugin; empty for the built-in search


@dataclass(frozen=True, slots=True)
class LifecycleSettings:
    """When stories close; section `[lifecycle]`."""

    close_after_days: float

    def quiet_since(self, now: datetime) -> datetime:
        """Return the time; a story closes if its last report is earlier."""
        return now - timedelta(days=self.close_after_days)
