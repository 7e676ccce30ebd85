"""Job `reconcile`: regroup the time window around new articles and update its stories."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.compute import Compute
from service.domain.grouping import evidence
from service.domain.grouping.affected import select_affected_groups
from service.domain.grouping.lineage import plan_removal, plan_update
from service.domain.grouping.window import group_window
from service.domain.text.spans import merge_windows
from service.store.articles import articles, copies, model_choices, types, vectors
from service.store.database import locks
from service.store.editing import marks
from service.store.stories import apply_plan, constraints, descriptions, stories, vocabularies


def reconcile(context: Context) -> Counts:
    """Regroup the articles around those placed since the last run.

    Locked and hidden stories and hidden articles stay unchanged. Round-ups leave their stories. All
    changes are one transaction, during which place waits. Without new articles, another run changes
    nothing.
    """
    with context.sessions.begin() as session:
        if not articles.find_in_stage(session, "placed"):
            return {}
    # Before the lock: loading and connecting take seconds.
    encoder, compute = context.encoder(), context.compute()
    with context.sessions.begin() as session:
        locks.lock_until_commit(session, apply_plan.LOCK)
        if not model_choices.is_in_use(session, encoder.model):
            return {}  # replaced since the start of the run; the next run uses the new model
        placed = articles.find_in_stage(session, "placed")
        if not placed:
            return {}

        spans = merge_windows(placed.values(), context.settings.window.reach)
        inside = articles.find_placed_within(session, spans)
        story_of = stories.story_of(session, inside)
        frozen = marks.find_frozen_stories(session)
        excluded = {key for key, story in story_of.items() if story in frozen}
        excluded |= marks.find_hidden_articles(session, inside)
        inside = {key: at for key, at in inside.items() if key not in excluded}
        # Members outside the window are included, so that a story at its edge does not appear to
        # lose articles.
        members = stories.members(session, set(story_of.values()) - frozen)
        outside = {key for ids in members.values() for key in ids} - inside.keys()
        reported_at = inside | articles.load_report_times(session, outside)

        storyless = types.find_storyless(session, reported_at)
        left = _remove(session, context, storyless, members)
        affected = placed.keys() | {key for story in left for key in members[story]}
        reported_at = {key: at for key, at in reported_at.items() if key not in storyless}
        counts = _regroup(session, context, compute, affected, reported_at) if reported_at else {}
        articles.advance_stage(session, placed, before="placed", after="reconciled")
    return counts


def _remove(
    session: Session,
    context: Context,
    storyless: Collection[int],
    members: Mapping[str, Sequence[int]],
) -> set[str]:
    """Remove articles from their stories; returns the ids of these stories."""
    story_of = {key: story for story, ids in members.items() for key in ids if key in storyless}
    if story_of:
        now = context.clock()
        apply_plan.apply_plan(
            session,
            plan_removal(story_of),
            apply_plan.new_stamp(session, now, "reconcile", context.run_id),
            reported_at={},
            quiet_since=context.settings.lifecycle.quiet_since(now),
            reasons={},
        )
    return set(story_of.values())


def _regroup(
    session: Session,
    context: Context,
    compute: Compute,
    affected: Collection[int],
    reported_at: dict[int, datetime],
) -> Counts:
    """Group the articles, plan the changes of stories and write them; returns counts.

    Only groups with an affected article, and groups that share a story with them, change.
    """
    encoder, settings = context.encoder(), context.settings
    ids = sorted(reported_at)
    model_id = vectors.ensure_model(session, encoder.model, encoder.dimensions)
    current = stories.load_current_stories(session, reported_at, now=context.clock())
    grouping = group_window(
        articles.load(session, ids),
        vectors.load(session, model_id, encoder.model, ids),
        model=context.pair_model,
        merge_model=context.merge_model,
        settings=settings.window_stories,
        constraints=constraints.load_constraints(session, set(ids)),
        current_stories=current,
        compute=compute,
    )

    story_of = {key: each.story for key, each in current.items() if each.story is not None}
    groups = select_affected_groups(grouping.groups, affected, story_of)
    existing = {story_of[key] for group in groups for key in group if key in story_of}
    plan = plan_update(
        stories.load_stories(session, existing),
        groups,
        is_taken=lambda key: stories.is_taken(session, key),
    )

    moved = {each.article: each.story for each in plan.started}
    now = context.clock()
    stamp = apply_plan.new_stamp(session, now, "reconcile", context.run_id)
    counts = apply_plan.apply_plan(
        session,
        plan,
        stamp,
        reported_at=reported_at,
        quiet_since=settings.lifecycle.quiet_since(now),
        reasons=evidence.explain_grouping(grouping, moved, story_of | moved, context.pair_model),
    )
    moved_copies = copies.replace_copies(
        session, [int(key) for key in grouping.ids], grouping.copies, at=stamp.now
    )
    descriptions.require_description(session, moved_copies)
    vocabularies.save(session, grouping.vocabulary, now=now)

    min_age = settings.hysteresis.min_age_hours
    late = sum(current[each.article].age_hours > min_age for each in plan.ended)
    sizes = {"articles": len(grouping.ids), "groups": len(grouping.groups)}
    return {**sizes, "moved": len(plan.ended), "late": late, **counts}
