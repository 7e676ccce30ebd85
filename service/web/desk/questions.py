"""`/desk`: one question at a time, and its answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from service.domain.editing.questions import (
    CERTAIN,
    MERGEABLE,
    SPAN,
    ExplainedMembership,
    LikelyMerge,
    LikelySplit,
    Question,
    TypeQuestion,
    UncertainMembership,
    likely_merges,
    likely_splits,
    uncertain_memberships,
)
from service.store.articles.views import ArticleDetail, load_articles
from service.store.editing import questions
from service.store.editing.questions import StoredPlacement
from service.store.story_views.views import StoryView, get_stories
from service.web.rendering.story_page.evidence import read_evidence

Kind = Literal["membership", "merge", "split", "type"]
#: Kinds of questions with their names, in the order of the tabs.
KINDS: Mapping[Kind, str] = {
    "membership": "Uncertain memberships",
    "merge": "Likely merges",
    "split": "Likely splits",
    "type": "Types to confirm",
}
#: Maximum numbers of memberships and articles that are read.
MAX_PLACEMENTS, MAX_TYPES = 500, 200


Queue = Mapping[Kind, Sequence[Question]]


@dataclass(frozen=True, slots=True)
class Shown:
    """The stories and articles that the card of a question shows, by id."""

    stories: Mapping[str, StoryView]
    articles: Mapping[int, ArticleDetail]


def load_queue(session: Session, *, now: datetime) -> Queue:
    """All open questions by kind, the most urgent first; five statements."""
    since = now - SPAN
    doubtful = questions.load_doubtful(
        session,
        since=since,
        below=CERTAIN,
        alternative=MERGEABLE,
        limit=MAX_PLACEMENTS,
    )
    read = [_read(each) for each in doubtful]
    named = {each.alternative[0] for each in read if each.alternative}
    present = questions.resolve_open(session, named)
    memberships = [_with_present_story(each, present) for each in read]
    uncertain = uncertain_memberships(memberships, below=CERTAIN)
    merges = likely_merges(memberships, at_least=MERGEABLE)
    stored = questions.load_members(session, {each.story for each in uncertain})
    splits = likely_splits([_read(each) for each in stored], link=CERTAIN)
    types = questions.list_unconfirmed_types(session, since=since, limit=MAX_TYPES)
    in_part = {article for each in splits for article in each.articles}
    queue: Queue = {
        "membership": [each for each in uncertain if each.article not in in_part],
        "merge": merges,
        "split": splits,
        "type": [TypeQuestion(each) for each in types],
    }
    reviewed = questions.find_reviewed(session)
    return {
        kind: [each for each in listed if (kind, each.subject) not in reviewed]
        for kind, listed in queue.items()
    }


def load_shown(session: Session, question: Question) -> Shown | None:
    """The stories and articles of a question; None if one of them no longer exists."""
    story_ids: set[str] = set()
    article_ids: set[int] = set()
    match question:
        case UncertainMembership():
            story_ids, article_ids = {question.story}, {question.article}
            story_ids |= {question.alternative} if question.alternative else set()
        case LikelyMerge():
            story_ids = set(question.stories)
        case LikelySplit():
            story_ids = {question.story}
        case TypeQuestion():
            article_ids = {question.article}
    shown = Shown(get_stories(session, story_ids), load_articles(session, article_ids))
    needed = story_ids - (
        {question.alternative or ""} if isinstance(question, UncertainMembership) else set()
    )
    return (
        shown if needed <= shown.stories.keys() and article_ids <= shown.articles.keys() else None
    )


def _with_present_story(
    membership: ExplainedMembership, present: Mapping[str, str]
) -> ExplainedMembership:
    """Use the current id of the next-best story; drop the story if no article may join it."""
    if membership.alternative is None:
        return membership
    story, score = membership.alternative
    is_other = present.get(story, membership.story) != membership.story
    return replace(membership, alternative=(present[story], score) if is_other else None)


def _read(stored: StoredPlacement) -> ExplainedMembership:
    evidence = read_evidence(stored.evidence)
    alternative = evidence.next
    return ExplainedMembership(
        article=stored.article,
        story=stored.story,
        score=stored.score,
        nearest=tuple((each.article, each.score) for each in evidence.nearest if each.score),
        alternative=(alternative.story, alternative.score or 0.0) if alternative else None,
        by_editor=evidence.editor is not None,
    )
