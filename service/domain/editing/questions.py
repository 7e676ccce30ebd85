"""Questions for editors: memberships, pairs and parts of stories, and types that may be wrong."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

#: There are no questions about older stories and articles.
SPAN = timedelta(days=7)
#: Probabilities: memberships and links below `CERTAIN` are uncertain; a next-best story with at
#: least `MERGEABLE` may be the same story.
CERTAIN, MERGEABLE = 0.5, 0.25
#: Minimum number of articles of a part that may be a separate story.
MIN_PART = 2


@dataclass(frozen=True, slots=True)
class ExplainedMembership:
    """A current membership with the evidence of its placement; scores are probabilities."""

    article: int
    story: str
    score: float | None  #: with the members; None for the first article
    nearest: tuple[tuple[int, float], ...] = ()  #: members that support it, with scores
    alternative: tuple[str, float] | None = None  #: the next-best story, with its score
    by_editor: bool = False


@dataclass(frozen=True, slots=True)
class UncertainMembership:
    """An article that may belong to another story."""

    article: int
    story: str
    score: float
    alternative: str | None

    @property
    def subject(self) -> str:
        """Key of the question; another placement is another question."""
        return f"{self.article}:{self.story}"


@dataclass(frozen=True, slots=True)
class LikelyMerge:
    """Two stories; articles of one or both name the other as the next-best story. Ids in order."""

    stories: tuple[str, str]
    score: float  #: of the article that supports the merge most
    support: int  #: number of such articles

    @property
    def subject(self) -> str:
        """Key of the question."""
        return ":".join(self.stories)


@dataclass(frozen=True, slots=True)
class LikelySplit:
    """Articles of a story that are linked to each other, but not to its other articles."""

    story: str
    articles: tuple[int, ...]

    @property
    def subject(self) -> str:
        """Key of the question; another set of articles is another question.

        The key contains a hash of the ids, because a part may have thousands of articles.
        """
        ids = ",".join(map(str, self.articles))
        return f"{self.story}:{hashlib.blake2b(ids.encode(), digest_size=16).hexdigest()}"


@dataclass(frozen=True, slots=True)
class TypeQuestion:
    """An article whose type was detected by a rule and is not the default."""

    article: int

    @property
    def subject(self) -> str:
        """Key of the question."""
        return str(self.article)


Question = UncertainMembership | LikelyMerge | LikelySplit | TypeQuestion


def uncertain_memberships(
    memberships: Iterable[ExplainedMembership], *, below: float
) -> list[UncertainMembership]:
    """Memberships with a score below `below`, the lowest first; those by editors are certain."""
    questions = [
        UncertainMembership(
            each.article, each.story, each.score, each.alternative[0] if each.alternative else None
        )
        for each in memberships
        if not each.by_editor and each.score is not None and each.score < below
    ]
    return sorted(questions, key=lambda each: (each.score, each.article))


def likely_merges(
    memberships: Iterable[ExplainedMembership], *, at_least: float
) -> list[LikelyMerge]:
    """Pairs of stories with an article that scores `at_least` with the other, highest first."""
    scores: Mapping[tuple[str, str], list[float]] = defaultdict(list)
    for each in memberships:
        if each.alternative is None or each.alternative[1] < at_least:
            continue
        one, other = sorted((each.story, each.alternative[0]))
        if one != other:
            scores[one, other].append(each.alternative[1])
    merges = [LikelyMerge(pair, max(values), len(values)) for pair, values in scores.items()]
    return sorted(merges, key=lambda each: (-each.score, each.stories))


def likely_splits(memberships: Iterable[ExplainedMembership], *, link: float) -> list[LikelySplit]:
    """Parts of stories that no link of at least `link` connects with the largest part.

    `memberships` are those of all articles of each story. Parts of fewer than `MIN_PART` articles
    are left out, because they are uncertain memberships.
    """
    by_story: Mapping[str, list[ExplainedMembership]] = defaultdict(list)
    for each in memberships:
        by_story[each.story].append(each)
    splits = []
    for story, members in sorted(by_story.items()):
        parts = sorted(_linked_parts(members, link), key=lambda part: (-len(part), part))
        if len(parts) > 1 and len(parts[0]) >= MIN_PART:
            splits += [LikelySplit(story, part) for part in parts[1:] if len(part) >= MIN_PART]
    return splits


def _linked_parts(members: Sequence[ExplainedMembership], link: float) -> list[tuple[int, ...]]:
    """The articles of a story by connected part; an editor's placement counts as linked."""
    first = members[0].article
    part_of = {each.article: each.article for each in members}

    def root(article: int) -> int:
        while part_of[article] != article:
            article = part_of[article]
        return article

    for each in members:
        linked = [near for near, score in each.nearest if score >= link and near in part_of]
        for near in [*linked, *([first] if each.by_editor else [])]:
            part_of[root(each.article)] = root(near)
    parts: Mapping[int, list[int]] = defaultdict(list)
    for article in part_of:
        parts[root(article)].append(article)
    return [tuple(sorted(part)) for part in parts.values()]
