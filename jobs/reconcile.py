"""The job `reconcile`: the window around what is new is grouped as a whole, stories follow."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.model import ArticleId
from service.domain.grouping import evidence
from service.domain.grouping.evidence import Reason
from service.domain.grouping.lineage import Plan, plan_update
from service.domain.grouping.window import Grouping, Standing, group_window
from service.domain.stories.arrivals import select_affected_groups
from service.domain.text.spans import merge_windows
from service.store.articles import articles, copies, vectors
from service.store.database import locks
from service.store.editing import marks
from service.store.stories import apply_plan, constraints, stories, vocabularies


def reconcile(context: Context) -> Counts:
    """Group the articles around those that are new, and bring stories in line.

    One transaction: place waits meanwhile, and a kill undoes all of it. Running it again with
    nothing new changes nothing.
    """
    with context.sessions.begin() as session:
        if not articles.in_stage(session, "placed"):
            return {}
    context.encoder()  # before the lock: loading takes seconds
    with context.sessions.begin() as session:
        locks.serialise(session, apply_plan.LOCK)
        placed = articles.in_stage(session, "placed")
        if not placed:
            return {}
        reported_at = scope(session, context, placed.values())
        counts = _regroup(session, context, placed, reported_at) if reported_at else {}
        articles.advance(session, placed, before="placed", after="reconciled")
    return counts


def scope(session: Session, context: Context, moments: Iterable[datetime]) -> dict[int, datetime]:
    """The placed articles within the window of some moments, and their stories' other members.

    Without the members outside, a story at the edge would look as if it had fallen apart. What
    editors locked or hid is left out: it stays as it is.
    """
    inside = articles.placed_within(session, merge_windows(moments, context.settings.window.reach))
    homes = stories.story_of(session, inside)
    frozen = marks.frozen_stories(session)
    out = {key for key, story in homes.items() if story in frozen}
    out |= marks.hidden_articles(session, inside)
    inside = {key: moment for key, moment in inside.items() if key not in out}
    moving = set(homes.values()) - frozen
    beyond = {key for ids in stories.members(session, moving).values() for key in ids}
    return {**inside, **articles.reported_at(session, beyond - inside.keys())}


def _regroup(
    session: Session,
    context: Context,
    placed: Collection[int],
    reported_at: dict[int, datetime],
) -> Counts:
    standing = stories.standing(session, reported_at, now=context.clock())
    grouping = _group(session, context, standing, sorted(reported_at))
    plan = _plan(session, grouping, placed, standing)
    moved = {opened.article: opened.story for opened in plan.opened}
    why = evidence.of_grouping(grouping, moved, _homes(standing) | moved, context.pair_model)
    counts = _follow(session, context, grouping, plan, reported_at=reported_at, why=why)
    hours = context.settings.hysteresis.hours
    late = sum(standing[each.article].hours > hours for each in plan.closed)
    sizes = {"articles": len(grouping.ids), "groups": len(grouping.groups)}
    return {**sizes, "moved": len(plan.closed), "late": late, **counts}


def _group(
    session: Session,
    context: Context,
    standing: Mapping[ArticleId, Standing],
    ids: Sequence[int],
) -> Grouping:
    encoder = context.encoder()
    model = vectors.model_id(session, encoder.model, encoder.dimensions)
    return group_window(
        articles.load(session, ids),
        vectors.load(session, model, encoder.model, ids),
        model=context.pair_model,
        settings=context.settings.window_stories,
        constraints=constraints.load_constraints(session, set(ids)),
        standing=standing,
    )


def _plan(
    session: Session,
    grouping: Grouping,
    placed: Collection[int],
    standing: Mapping[ArticleId, Standing],
) -> Plan:
    homes = _homes(standing)
    groups = select_affected_groups(grouping.groups, placed, homes)
    concerned = {homes[key] for group in groups for key in group if key in homes}
    return plan_update(
        stories.load_stories(session, concerned),
        groups,
        is_taken=lambda key: stories.is_taken(session, key),
    )


def _homes(standing: Mapping[ArticleId, Standing]) -> dict[ArticleId, str]:
    return {key: each.story for key, each in standing.items() if each.story is not None}


def _follow(
    session: Session,
    context: Context,
    grouping: Grouping,
    plan: Plan,
    *,
    reported_at: dict[int, datetime],
    why: Mapping[ArticleId, Reason],
) -> Counts:
    now = context.clock()
    stamp = apply_plan.new_stamp(session, now, "reconcile", context.run_id)
    counts = apply_plan.apply_plan(
        session,
        plan,
        stamp,
        reported_at=reported_at,
        quiet_since=context.settings.lifecycle.quiet_since(now),
        reasons=why,
    )
    copies.replace(session, [int(key) for key in grouping.ids], grouping.copies, at=stamp.now)
    vocabularies.save(session, grouping.vocabulary, now=now)
    return counts
