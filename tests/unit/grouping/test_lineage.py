from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.domain.grouping.lineage import plan_update, story_id
from service.domain.grouping.story_changes import ExistingStory, Plan, StoryMerge, Transition

START = datetime(2023, 4, 25, tzinfo=UTC)


def story(name: str, *members: int, age: int = 0) -> ExistingStory:
    return ExistingStory(name, START - timedelta(hours=age), frozenset(members))


def apply_plan(stories: list[ExistingStory], plan: Plan) -> list[ExistingStory]:
    """The stories after a plan is applied."""
    emerged = {story.id: story.emerged for story in stories}
    members = {story.id: set(story.members) for story in stories}
    for story in plan.emerged:
        emerged[story.id], members[story.id] = START + timedelta(days=1), set()
    for gone in plan.ended:
        members[gone.story].remove(gone.article)
    for here in plan.started:
        members[here.story].add(here.article)
    ended = {merge.story for merge in plan.merged}
    return [
        ExistingStory(name, emerged[name], frozenset(ids))
        for name, ids in members.items()
        if name not in ended
    ]


def test_new_group_becomes_a_new_story() -> None:
    plan = plan_update([], [[2, 1]])
    (story,) = plan.emerged
    assert story.split_from is None
    assert [(m.article, m.story) for m in plan.started] == [(1, story.id), (2, story.id)]
    assert plan.transitions == (Transition(story.id, "emerged", (1, 2)),)


def test_story_grows() -> None:
    plan = plan_update([story("old", 1, 2)], [[1, 2, 3]])
    assert plan.transitions == (Transition("old", "grew", (3,)),)
    assert not plan.emerged


def test_younger_story_merges_into_the_older() -> None:
    plan = plan_update([story("young", 3, 4), story("old", 1, 2, age=5)], [[1, 2, 3, 4]])
    assert plan.merged == (StoryMerge("young", "old"),)
    assert Transition("young", "merged", (3, 4), "old") in plan.transitions


def test_older_id_survives_against_a_slightly_larger_story() -> None:
    plan = plan_update([story("young", 3, 4, 5), story("old", 1, 2, age=5)], [[1, 2, 3, 4, 5]])
    assert plan.merged == (StoryMerge("young", "old"),)


def test_story_with_over_twice_the_articles_keeps_its_id() -> None:
    plan = plan_update([story("large", 2, 3, 4), story("old", 1, age=5)], [[1, 2, 3, 4]])
    assert plan.merged == (StoryMerge("old", "large"),)


def test_oldest_story_with_half_of_the_largest_keeps_its_id() -> None:
    """The oldest story has too few of the articles; the second has half of the third's."""
    sizes = {"oldest": 4, "second": 5, "third": 10}
    starts = {"oldest": 0, "second": 10, "third": 20}
    members = {name: range(starts[name], starts[name] + size) for name, size in sizes.items()}
    existing = [story(name, *members[name], age=3 - number) for number, name in enumerate(sizes)]
    plan = plan_update(existing, [[key for keys in members.values() for key in keys]])
    assert {merge.story: merge.into for merge in plan.merged} == {
        "oldest": "second",
        "third": "second",
    }


class CountedId(str):
    """A story id that counts how often a set or a mapping looks it up."""

    __slots__ = ()
    lookups = 0

    def __hash__(self) -> int:
        CountedId.lookups += 1
        return super().__hash__()

    __eq__ = str.__eq__


def test_cost_grows_with_the_number_of_stories_not_with_its_square() -> None:
    def count_lookups(stories: int) -> int:
        CountedId.lookups = 0
        groups = [[2 * number, 2 * number + 1] for number in range(stories)]
        existing = [story(CountedId(f"story-{ids[0]}"), *ids) for ids in groups]
        assert not plan_update(existing, groups).transitions
        return CountedId.lookups

    assert count_lookups(200) < 2.5 * count_lookups(100)


def test_split_records_its_parent() -> None:
    plan = plan_update([story("old", 1, 2, 3, 4, 5)], [[1, 2, 3], [4, 5]])
    (child,) = plan.emerged
    assert child.split_from == "old"
    assert Transition("old", "split", (4, 5), child.id) in plan.transitions


def test_story_claims_its_next_group_if_the_best_is_claimed() -> None:
    stories = [story("large", 1, 2, 3, age=9), story("small", 4, 5, 6)]
    plan = plan_update(stories, [[1, 2, 3, 4, 5], [6]])
    assert {m.article: m.story for m in plan.started} == {4: "large", 5: "large"}


def test_articles_outside_the_window_keep_their_story() -> None:
    plan = plan_update(
        [story("old", 1, 2, 90), story("other", 3, 4, 5, 6, age=1)], [[1, 2, 3, 4, 5, 6]]
    )
    assert not plan.merged
    assert Transition("old", "shrank", (1, 2)) in plan.transitions


def test_unchanged_groups_give_an_empty_plan() -> None:
    assert plan_update([story("old", 1, 2)], [[2, 1]]) == Plan()


def test_story_ids_are_short_deterministic_and_unique() -> None:
    first = story_id(7, lambda _: False)
    assert first == story_id(7, lambda _: False)
    assert len(first) == 10
    assert story_id(7, {first}.__contains__) != first
    assert story_id(7, lambda _: False) != story_id("7", lambda _: False)


def test_new_stories_avoid_taken_ids() -> None:
    taken = plan_update([], [[1]]).emerged[0].id
    assert plan_update([], [[1]], is_taken=taken.__eq__).emerged[0].id != taken


@st.composite
def stories_and_groups(draw: st.DrawFn) -> tuple[list[ExistingStory], list[list[int]]]:
    """Stories and groups of the same articles; some are new, some outside the window."""
    story_of = draw(st.lists(st.one_of(st.none(), st.integers(0, 5)), min_size=1, max_size=20))
    groups = draw(
        st.lists(st.integers(-1, 5), min_size=len(story_of), max_size=len(story_of))
    )  # -1: outside the window
    stories = [
        story(
            f"s{name}",
            *(a for a, story_id_of in enumerate(story_of) if story_id_of == name),
            age=name % 3,
        )
        for name in sorted({story_id_of for story_id_of in story_of if story_id_of is not None})
    ]
    members = [
        [a for a, g in enumerate(groups) if g == name] for name in sorted(set(groups) - {-1})
    ]
    return stories, members


@given(stories_and_groups())
def test_plan_is_idempotent(
    example: tuple[list[ExistingStory], list[list[int]]],
) -> None:
    stories, groups = example
    after = apply_plan(stories, plan_update(stories, groups))
    assert plan_update(after, groups) == Plan()


@given(stories_and_groups(), st.randoms(use_true_random=False))
def test_plan_does_not_depend_on_input_order(example, random) -> None:  # noqa: ANN001
    stories, groups = example
    shuffled = [random.sample(group, len(group)) for group in random.sample(groups, len(groups))]
    assert plan_update(stories, groups) == plan_update(
        random.sample(stories, len(stories)), shuffled
    )


@given(stories_and_groups())
def test_every_group_becomes_one_story_and_other_articles_stay(
    example: tuple[list[ExistingStory], list[list[int]]],
) -> None:
    stories, groups = example
    after = apply_plan(stories, plan_update(stories, groups))
    story_id_of = {article: story.id for story in after for article in story.members}
    before = {article: story.id for story in stories for article in story.members}
    for group in groups:
        assert len({story_id_of[article] for article in group}) == 1
    inside = {article for group in groups for article in group}
    assert all(
        story_id_of[article] == story for article, story in before.items() if article not in inside
    )


@given(stories_and_groups())
def test_merged_stories_redirect_to_existing_ones(
    example: tuple[list[ExistingStory], list[list[int]]],
) -> None:
    stories, groups = example
    plan = plan_update(stories, groups)
    living = {story.id for story in apply_plan(stories, plan)}
    assert all(merge.into in living and merge.story not in living for merge in plan.merged)
