"""What editors' decisions mean, without a database."""

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
    star,
)
from service.domain.grouping.lineage import ExistingStory, Merge, Transition

START = datetime(2023, 4, 25, tzinfo=UTC)
ARTICLES = st.integers(0, 6)
PAIRS = st.tuples(ARTICLES, ARTICLES).filter(lambda pair: pair[0] != pair[1])


def known(name: str, *members: int, age: int = 0) -> ExistingStory:
    return ExistingStory(name, START - timedelta(hours=age), frozenset(members))


class Book(RuleBasedStateMachine):
    """Decisions that fit are entered, others are refused; some are undone."""

    def __init__(self) -> None:
        super().__init__()
        self.standing: list[ActiveConstraint] = []
        self.numbers = 0

    @rule(pair=PAIRS, together=st.booleans())
    def decide(self, *, pair: tuple[ArticleId, ArticleId], together: bool) -> None:
        links = frozenset([pair])
        wanted = Constraints(links, frozenset()) if together else Constraints(frozenset(), links)
        against = conflicting_decisions(self.standing, wanted)
        if against:
            # What is named forbids it, were it all that stands.
            named = [each for each in self.standing if each.decision in against]
            assert conflicting_decisions(named, wanted) == against
        else:
            self.numbers += 1
            self.standing.append(ActiveConstraint(pair, together, self.numbers))

    @rule(number=st.integers(0, 50))
    def undo(self, number: int) -> None:
        if self.standing:
            del self.standing[number % len(self.standing)]

    @invariant()
    def some_grouping_obeys_everything(self) -> None:
        group_of = {article: article for article in range(7)}
        for each in self.standing:
            if each.together:
                one, other = (group_of[int(key)] for key in each.link)
                group_of = {
                    key: one if found == other else found for key, found in group_of.items()
                }
        for each in self.standing:
            one, other = (group_of[int(key)] for key in each.link)
            assert (one == other) is each.together


TestBook = Book.TestCase
TestBook.settings = settings(max_examples=40, stateful_step_count=20)


def test_a_chain_of_bonds_is_named_whole():
    standing = [
        ActiveConstraint((1, 2), together=True, decision=4),
        ActiveConstraint((3, 2), together=True, decision=5),
        ActiveConstraint((7, 8), together=True, decision=6),
    ]
    assert conflicting_decisions(standing, Constraints(cannot_link=frozenset([(1, 3)]))) == [4, 5]
    assert conflicting_decisions(standing, Constraints(cannot_link=frozenset([(1, 7)]))) == []


@given(st.sets(ARTICLES, min_size=1))
def test_a_star_binds_all_with_the_fewest_pairs(ids: set[int]):
    links = star(ids)
    assert len(links) == len(ids) - 1
    outside = [(one, other) for one in ids for other in ids if one < other]
    standing = [ActiveConstraint(link, together=True, decision=1) for link in links]
    for pair in outside:
        assert conflicting_decisions(standing, Constraints(cannot_link=frozenset([pair]))) == [1]


def test_a_merger_keeps_the_story_that_the_editor_named_first():
    edit = effects.plan_merge([known("young", 3), known("old", 1, 2, age=5)])
    assert edit.plan.merged == (Merge("old", "young"),)
    assert edit.constraints.must_link == {(1, 2), (1, 3)}


@pytest.mark.parametrize(
    ("action", "article", "made", "undone"),
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
def test_marks_that_readers_see_happen_to_a_story(
    action: str, *, article: bool, made: str | None, undone: str | None
):
    assert effects.mark_transition(action, article=article) == made
    assert effects.mark_transition(action, article=article, undone=True) == undone


def test_a_split_names_parent_and_part():
    edit = effects.plan_split(known("old", 1, 2, 3), [2, 3], is_taken=lambda _: False)
    [child] = edit.plan.emerged
    assert child.split_from == "old"
    assert Transition("old", "split", (2, 3), child.id) in edit.plan.transitions
    assert edit.constraints == Constraints(frozenset([(2, 3)]), frozenset([(2, 1)]))


def test_what_a_standing_decision_holds_does_not_go_back():
    stories = [known("here", 1, 2, 3), known("there", 9)]
    former = {2: "there", 3: "there"}
    story_of = {1: "here", 2: "here", 3: "here", 9: "there"}

    def back(constraints: Constraints) -> bool:
        plan = effects.plan_undo(
            stories, former, story_of=story_of, constraints=constraints, revived=()
        )
        return bool(plan)

    assert back(Constraints())
    assert not back(Constraints(must_link=frozenset([(1, 2)])))
    assert not back(Constraints(cannot_link=frozenset([(3, 9)])))


def test_a_story_that_is_brought_back_names_where_it_was():
    plan = effects.plan_undo(
        [known("here", 1, 2), known("gone")],
        {2: "gone"},
        story_of={1: "here", 2: "here"},
        constraints=Constraints(),
        revived={"gone"},
    )
    assert plan.revived == ("gone",)
    assert Transition("gone", "reopened", (2,)) in plan.transitions
    assert Transition("here", "split", (2,), "gone") in plan.transitions
