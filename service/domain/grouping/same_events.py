"""Stories of one event that the jobs keep apart.

Two stable stories merge only for a clear improvement, so that their ids stay valid. An edition of
the digest has no ids that must stay valid, so the merge model is applied without hysteresis.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from service.domain.articles.model import Article, ArticleId, Rows, Vectors
from service.domain.grouping.cluster import build_components, connected_labels, rows_by_label
from service.domain.grouping.constraints import NO_CONSTRAINTS, Constraints
from service.domain.merges.decision import merge_gains, merge_groups
from service.domain.merges.features import Components
from service.domain.merges.group_pairs import GroupPair
from service.domain.merges.model import MergeModel
from service.domain.pairs.candidates import candidate_pairs
from service.domain.pairs.centering import Languages
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.nearest import Pairs
from service.domain.pairs.scoring.score import PairModel
from service.domain.pairs.vocabulary import Vocabulary
from service.settings.sections.grouping import StorySettings

#: Log odds added to a merge of two stories, and to one of two stories without a common language,
#: which share no words. On labelled days, most pairs above these limits report one event.
_LENIENCY, _CROSS_LANGUAGE_LENIENCY = 0.15, 0.7


def find_same_events(
    stories: Mapping[str, Sequence[ArticleId]],
    articles: Sequence[Article],
    vectors: Vectors,
    vocabulary: Vocabulary,
    *,
    model: PairModel,
    merge_model: MergeModel,
    settings: StorySettings,
    constraints: Constraints = NO_CONSTRAINTS,
) -> list[tuple[str, ...]]:
    """Sets of two or more stories that report one event, sorted; deterministic.

    `stories` has the ids of the articles of each story, `vectors` one row for each of `articles`.
    Articles without a story and stories without an article are ignored. Stories that an editor
    separated stay apart.
    """
    features = Features.build(TokenisedArticles.build(articles, vectors), vocabulary)
    row_of = {article.id: row for row, article in enumerate(articles)}
    rows_of = {
        story: np.array(rows, dtype=np.int64)
        for story, ids in sorted(stories.items())
        if (rows := [row_of[key] for key in ids if key in row_of])
    }
    names, members = list(rows_of), list(rows_of.values())
    ids = [article.id for article in articles]
    cannot_link = constraints.cannot_link_rows(ids)
    events = []
    for component in _connect(members, features, model, settings):
        inside = [members[story] for story in component]
        units = [[int(row)] for rows in inside for row in rows]
        built = build_components([units], cannot_link, features, model, settings.grouping)
        starts = np.cumsum([0, *map(len, inside)])
        groups = [np.arange(*bounds, dtype=np.int64) for bounds in pairwise(starts)]
        story_of_start = dict(zip(starts.tolist(), component.tolist(), strict=False))
        languages = features.languages[np.concatenate(inside)]
        for merged in _merge(groups, built, merge_model, languages):
            joined = [names[story_of_start[unit]] for unit in merged if unit in story_of_start]
            if len(joined) > 1:
                events.append(tuple(joined))
    return sorted(events)


def _merge(
    groups: list[Rows], component: Components, model: MergeModel, languages: Languages
) -> list[Rows]:
    """Merge the groups of units that report one event, best first; `languages` by unit."""

    def gains_of(pairs: Sequence[GroupPair]) -> list[float]:
        shared = [bool(set(languages[one]) & set(languages[other])) for one, other in pairs]
        return merge_gains(
            component, model, pairs, np.where(shared, _LENIENCY, _CROSS_LANGUAGE_LENIENCY)
        )

    return merge_groups(groups, component.units, gains_of)


def _connect(
    members: Sequence[Rows], features: Features, model: PairModel, settings: StorySettings
) -> Iterator[Rows]:
    """Stories connected by pairs of articles above the weak score, if there are several."""
    story_of = np.full(len(features), -1, dtype=np.int64)
    for story, rows in enumerate(members):
        story_of[rows] = story
    pairs = candidate_pairs(features, settings.candidates)
    strong = pairs[model.score(features, pairs) >= settings.grouping.weak_score]
    links: Pairs = story_of[strong]
    links = links[(links >= 0).all(axis=1)]
    labels = connected_labels(links[:, 0], links[:, 1], len(members))
    for component in rows_by_label(labels):
        if len(component) > 1:
            yield component
