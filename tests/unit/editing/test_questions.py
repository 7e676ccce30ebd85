"""Questions at the desk: uncertain memberships, likely merges and splits."""

from service.domain.editing.questions import (
    ExplainedMembership,
    LikelyMerge,
    LikelySplit,
    likely_merges,
    likely_splits,
    uncertain_memberships,
)


def test_lowest_scores_come_first_and_editors_are_certain():
    placements = [
        ExplainedMembership(1, "a", None),
        ExplainedMembership(2, "a", 0.4, alternative=("b", 0.1)),
        ExplainedMembership(3, "a", 0.2),
        ExplainedMembership(4, "a", 0.5),
        ExplainedMembership(5, "a", 0.1, by_editor=True),
    ]
    found = uncertain_memberships(placements, below=0.5)
    assert [(each.article, each.alternative) for each in found] == [(3, None), (2, "b")]
    assert found[0].subject == "3:a"


def test_stories_that_name_each_other_are_one_merge():
    placements = [
        ExplainedMembership(1, "b", 0.9, alternative=("a", 0.4)),
        ExplainedMembership(2, "a", 0.9, alternative=("b", 0.3)),
        ExplainedMembership(3, "a", 0.9, alternative=("c", 0.2)),
        ExplainedMembership(4, "a", 0.9, alternative=("a", 0.9)),
    ]
    assert likely_merges(placements, at_least=0.25) == [LikelyMerge(("a", "b"), 0.4, 2)]


def test_parts_without_a_strong_link_are_splits():
    placements = [
        ExplainedMembership(1, "a", None),
        ExplainedMembership(2, "a", 0.9, nearest=((1, 0.9),)),
        ExplainedMembership(3, "a", 0.9, nearest=((2, 0.8),)),
        ExplainedMembership(4, "a", 0.3, nearest=((1, 0.3),)),
        ExplainedMembership(5, "a", 0.3, nearest=((4, 0.9),)),
        ExplainedMembership(6, "a", 0.3, nearest=((1, 0.2),)),  # alone: an uncertain membership
        ExplainedMembership(7, "b", None),
        ExplainedMembership(8, "b", 0.1, by_editor=True),
    ]
    assert likely_splits(placements, link=0.5) == [LikelySplit("a", (4, 5))]
