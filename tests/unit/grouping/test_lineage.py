from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.domain.grouping.lineage import (
    ExistingStory,
    Merge,
    Plan,
    Transition,
    plan_update,
    story_id,
)

START = datetime(2023, 4, 25, tzinfo=UTC)


def known(name: str, *members: int, age: int = 0) -> ExistingStory:
    return ExistingStory(name, START - timedelta(hours=age), frozenset(members))


def applied(stories: list[ExistingStory], plan: Plan) -> list[ExistingStory]:
    """What a store would hold after the plan."""
    emerged = {story.id: story.emerged for story in stories}
    members = {story.id: set(story.members) for story in stories}
    for story in plan.emerged:
        emerged[story.id], members[story.id] = START + timedelta(days=1), set()
    for gone in plan.closed:
        members[gone.story].remove(gone.article)
    for here in plan.opened:
        members[here.story].add(here.article)
    ended = {merge.story for merge in plan.merged}
    return [
        ExistingStory(name, emerged[name], frozenset(ids))
        for name, ids in members.items()
        if name not in ended
    ]


def test_a_new_group_is_a_new_story() -> None:
    plan = plan_update([], [[2, 1]])
    (story,) = plan.emerged
    assert story.split_from is None
    assert [(m.article, m.story) for m in plan.opened] == [(1, story.id), (2, story.id)]
    assert plan.transitions == (Transition(story.id, "emerged", (1, 2)),)


def test_a_story_grows() -> None:
    plan = plan_update([known("old", 1, 2)], [[1, 2, 3]])
    assert plan.transitions == (Transition("old", "grew", (3,)),)
    assert not plan.emerged


def test_merged_stories_lead_to_the_older_one() -> None:
    plan = plan_update([known("young", 3, 4), known("old", 1, 2, age=5)], [[1, 2, 3, 4]])
    assert plan.merged == (Merge("young", "old"),)
    assert Transition("young", "merged", (3, 4), "old") in plan.transitions


def test_the_older_id_survives_a_somewhat_larger_younger_one() -> None:
    plan = plan_update([known("young", 3, 4, 5), known("old", 1, 2, age=5)], [[1, 2, 3, 4, 5]])
    assert plan.merged == (Merge("young", "old"),)


def test_a_story_that_brings_over_twice_as_many_keeps_its_id() -> None:
    plan = plan_update([known("large", 2, 3, 4), known("old", 1, age=5)], [[1, 2, 3, 4]])
    assert plan.merged == (Merge("old", "large"),)


def test_a_split_names_its_parent() -> None:
    plan = plan_update([known("old", 1, 2, 3, 4, 5)], [[1, 2, 3], [4, 5]])
    (child,) = plan.emerged
    assert child.split_from == "old"
    assert Transition("old", "split", (4, 5), child.id) in plan.transitions


def test_a_story_whose_best_group_is_taken_lives_on_in_its_next() -> None:
    stories = [known("large", 1, 2, 3, age=9), known("small", 4, 5, 6)]
    plan = plan_update(stories, [[1, 2, 3, 4, 5], [6]])
    assert {m.article: m.story for m in plan.opened} == {4: "large", 5: "large"}


def test_articles_outside_the_window_stay() -> None:
    plan = plan_update(
        [known("old", 1, 2, 90), known("other", 3, 4, 5, 6, age=1)], [[1, 2, 3, 4, 5, 6]]
    )
    assert not plan.merged
    assert Transition("old", "shrank", (1, 2)) in plan.transitions


def test_nothing_changes_when_nothing_changed() -> None:
    assert not plan_update([known("old", 1, 2)], [[2, 1]])


def test_ids_are_short_and_stable_and_new_when_taken() -> None:
    first = story_id(7, lambda _: False)
    assert first == story_id(7, lambda _: False)
    assert len(first) == 10
    assert story_id(7, {first}.__contains__) != first
    assert story_id(7, lambda _: False) != story_id("7", lambda _: False)


def test_taken_ids_are_avoided() -> None:
    taken = plan_update([], [[1]]).emerged[0].id
    assert plan_update([], [[1]], is_taken=taken.__eq__).emerged[0].id != taken


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[ExistingStory], list[list[int]]]:
    """Stories and groups over the same articles, some of which are new or outside the window."""
    homes = draw(st.lists(st.one_of(st.none(), st.integers(0, 5)), min_size=1, max_size=20))
    groups = draw(
        st.lists(st.integers(-1, 5), min_size=len(homes), max_size=len(homes))
    )  # -1: outside the window
    stories = [
        known(f"s{name}", *(a for a, home in enumerate(homes) if home == name), age=name % 3)
        for name in sorted({home for home in homes if home is not None})
    ]
    found = [[a for a, g in enumerate(groups) if g == name] for name in sorted(set(groups) - {-1})]
    return stories, found


@given(situations())
def test_a_plan_once_applied_leaves_nothing_to_do(
    situation: tuple[list[ExistingStory], list[list[int]]],
) -> None:
    stories, groups = situation
    after = applied(stories, plan_update(stories, groups))
    assert plan_update(after, groups) == Plan()


@given(situations(), st.randoms(use_true_random=False))
def test_the_same_input_in_any_order_gives_the_same_plan(situation, random) -> None:  # noqa: ANN001
    stories, groups = situation
    shuffled = [random.sample(group, len(group)) for group in random.sample(groups, len(groups))]
    assert plan_update(stories, groups) == plan_update(
        random.sample(stories, len(stories)), shuffled
    )


@given(situations())
def test_every_group_becomes_one_story_and_others_stay(
    situation: tuple[list[ExistingStory], list[list[int]]],
) -> None:
    stories, groups = situation
    after = applied(stories, plan_update(stories, groups))
    home = {article: story.id for story in after for article in story.members}
    before = {article: story.id for story in stories for article in story.members}
    for group in groups:
        assert len({home[article] for article in group}) == 1
    inside = {article for group in groups for article in group}
    assert all(home[article] == story for article, story in before.items() if article not in inside)


@given(situations())
def test_a_merged_story_leads_to_one_that_lives(
    situation: tuple[list[ExistingStory], list[list[int]]],
) -> None:
    stories, groups = situation
    plan = plan_update(stories, groups)
    living = {story.id for story in applied(stories, plan)}
    assert all(merge.into in living and merge.story not in living for merge in plan.merged)
