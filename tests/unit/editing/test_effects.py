"""Tests of plans and constraints of editors' decisions, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from service.domain.articles.model import ArticleId
from service.domain.editing import effects
from service.domain.grouping.constraints import (
    ActiveConstraint,
    Constraints,
    conflicting_decisions,
    star_links,
)
from service.domain.grouping.story_changes import ExistingStory, Plan, StoryMerge, Transition

START = datetime(2023, 4, 25, tzinfo=UTC)
ARTICLES = st.integers(0, 6)
PAIRS = st.tuples(ARTICLES, ARTICLES).filter(lambda pair: pair[0] != pair[1])


def existing(name: str, *members: int, age: int = 0) -> ExistingStory:
    return ExistingStory(name, START - timedelta(hours=age), frozenset(members))


class AuditLog(RuleBasedStateMachine):
    """Adds decisions without conflicts, rejects others and undoes some."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[ActiveConstraint] = []
        self.numbers = 0

    @rule(pair=PAIRS, together=st.booleans())
    def decide(self, *, pair: tuple[ArticleId, ArticleId], together: bool) -> None:
        links = frozenset([pair])
        requested = Constraints(links, frozenset()) if together else Constraints(frozenset(), links)
        against = conflicting_decisions(self.active, requested)
        if against:
            # The named decisions alone cause the same conflict.
            named = [each for each in self.active if each.decision in against]
            assert conflicting_decisions(named, requested) == against
        else:
            self.numbers += 1
            self.active.append(ActiveConstraint(pair, together, self.numbers))

    @rule(number=st.integers(0, 50))
    def undo(self, number: int) -> None:
        if self.active:
            del self.active[number % len(self.active)]

    @invariant()
    def some_grouping_satisfies_all_constraints(self) -> None:
        group_of = {article: article for article in range(7)}
        for each in self.active:
            if each.together:
                one, other = (group_of[int(key)] for key in each.link)
                group_of = {
                    key: one if group == other else group for key, group in group_of.items()
                }
        for each in self.active:
            one, other = (group_of[int(key)] for key in each.link)
            assert (one == other) is each.together


TestAuditLog = AuditLog.TestCase
TestAuditLog.settings = settings(max_examples=40, stateful_step_count=20)


def test_all_decisions_of_a_chain_of_links_are_named():
    active = [
        ActiveConstraint((1, 2), together=True, decision=4),
        ActiveConstraint((3, 2), together=True, decision=5),
        ActiveConstraint((7, 8), together=True, decision=6),
    ]
    assert conflicting_decisions(active, Constraints(cannot_link=frozenset([(1, 3)]))) == [4, 5]
    assert conflicting_decisions(active, Constraints(cannot_link=frozenset([(1, 7)]))) == []


@given(st.sets(ARTICLES, min_size=1))
def test_star_links_all_articles_with_the_fewest_pairs(ids: set[int]):
    links = star_links(ids)
    assert len(links) == len(ids) - 1
    outside = [(one, other) for one in ids for other in ids if one < other]
    active = [ActiveConstraint(link, together=True, decision=1) for link in links]
    for pair in outside:
        assert conflicting_decisions(active, Constraints(cannot_link=frozenset([pair]))) == [1]


def test_merge_keeps_the_first_story():
    edit = effects.plan_merge([existing("young", 3), existing("old", 1, 2, age=5)])
    assert edit.plan.merged == (StoryMerge("old", "young"),)
    assert edit.constraints.must_link == {(1, 2), (1, 3)}


@pytest.mark.parametrize(
    ("action", "article", "applied", "undone"),
    [
        ("hide", False, "hidden", "shown"),
        ("hide", True, None, None),
        ("rename", False, "renamed", "renamed"),
        ("pin", True, "renamed", "renamed"),
        ("pin", False, None, None),
        ("lock", False, None, None),
        ("merge", False, None, None),
        ("move", True, None, None),
    ],
)
def test_visible_marks_have_a_transition(
    action: str, *, article: bool, applied: str | None, undone: str | None
):
    assert effects.mark_transition(action, article=article) == applied
    assert effects.mark_transition(action, article=article, undone=True) == undone


def test_split_records_parent_and_child():
    edit = effects.plan_split(existing("old", 1, 2, 3), [2, 3], is_taken=lambda _: False)
    [child] = edit.plan.emerged
    assert child.split_from == "old"
    assert Transition("old", "split", (2, 3), child.id) in edit.plan.transitions
    assert edit.constraints == Constraints(frozenset([(2, 3)]), frozenset([(2, 1)]))


def test_undo_moves_no_article_that_a_constraint_pins():
    stories = [existing("here", 1, 2, 3), existing("there", 9)]
    former = {2: "there", 3: "there"}
    story_of = {1: "here", 2: "here", 3: "here", 9: "there"}

    def moves_back(constraints: Constraints) -> bool:
        plan = effects.plan_undo(
            stories, former, story_of=story_of, constraints=constraints, revived=()
        )
        return plan != Plan()

    assert moves_back(Constraints())
    assert not moves_back(Constraints(must_link=frozenset([(1, 2)])))
    assert not moves_back(Constraints(cannot_link=frozenset([(3, 9)])))


def test_revived_story_records_the_split():
    plan = effects.plan_undo(
        [existing("here", 1, 2), existing("gone")],
        {2: "gone"},
        story_of={1: "here", 2: "here"},
        constraints=Constraints(),
        revived={"gone"},
    )
    assert plan.revived == ("gone",)
    assert Transition("gone", "reopened", (2,)) in plan.transitions
    assert Transition("here", "split", (2,), "gone") in plan.transitions
