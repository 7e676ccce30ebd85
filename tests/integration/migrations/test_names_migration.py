"""Migration 0021: plain names. Existing rows survive the upgrade and the downgrade."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from service.domain.pairs.scoring.score import PAIR_FEATURES
from tests.support.database.migrations import migrate
from tests.support.database.rows import NOW

BEFORE, AFTER = "0020", "0021"
STORED = """
INSERT INTO families (slug, name) VALUES ('quay', 'Quay');
INSERT INTO outlets (slug, name, family, edited_at, configured)
VALUES ('daily', 'Daily', 'quay', :now, '{"name": "Quay Daily"}');
INSERT INTO feeds (url, outlet_id, title, next_fetch_at, created_at)
SELECT 'https://daily.example/feed', id, 'Daily', :now, :now FROM outlets;
INSERT INTO articles (id, url, feed_id, outlet_id, title, text, body, categories, claimed,
                      date_flag, first_seen, reported_at, content_hash)
SELECT 1, 'https://daily.example/1', id, outlet_id, 'Ferry', '', '', '{}', :now,
       'future', :now, :now, '' FROM feeds;
INSERT INTO keys (name, hash, roles, created_at, used_at) VALUES ('ann', 'h', '{admin}', :now, :now);
INSERT INTO answers (key_id, word, fingerprint, status, body, made_at)
SELECT id, 'w', 'f', 201, 'b', :now FROM keys;
INSERT INTO lexicons (made_at, articles, data) VALUES (:now, 1, 'd');
INSERT INTO gazetteers (made_at, data) VALUES (:now, 'd');
INSERT INTO secrets (name, value, made_at) VALUES ('links', 's', :now);
INSERT INTO stories (id, emerged_at, changed_at, first_reported_at, last_reported_at, details)
VALUES ('s', :now, :now, :now, :now, '{"summary": [{"text": "A", "whole": true}]}');
INSERT INTO memberships (article_id, story_id, valid_from, score, evidence)
VALUES (1, 's', :now, 0.9, CAST(:evidence AS jsonb));
INSERT INTO webhooks (url, secret, told_transition_id, created_at, delivered_at, paused_because)
VALUES ('https://hook.example', 's', 7, :now, :now, 'paused by hand');
INSERT INTO webhook_holds (webhook_id, story_id, next_transition_id, attempts, next_attempt_at,
                           failing_since)
SELECT id, 's', 7, 1, :now, :now FROM webhooks;
INSERT INTO subscribers (address, created_at, rhythm_since, stopped_because)
VALUES ('a@x.example', :now, :now, 'complaint');
INSERT INTO issues (subscriber_id, local_date, due_at, made_at, state, subject, content)
SELECT id, '2023-04-26', :now, :now, 'sent', 'Ferry', '{"moved_on": [], "few": [1]}'
FROM subscribers;
INSERT INTO issues (subscriber_id, kind, local_date, due_at, made_at, state, subject, content,
                    story_id, reached, folded_into)
SELECT subscriber_id, 'notice', local_date, :now, :now, 'folded', 'Ferry', '{}', 's', 3, id
FROM issues;
INSERT INTO deliveries (issue_id, attempt, state, message_id, at)
SELECT id, 1, 'sent', '<1@x.example>', :now FROM issues WHERE kind = 'digest'
"""
#: Evidence of a membership: all pair features, an unknown one, and neighbours without features.
FORMER_EVIDENCE: dict[str, Any] = {
    "score": 0.9,
    "nearest": [
        {
            "article": 7,
            "score": 0.97,
            "shares": {
                "dense": 2.1, "title": 0.3, "body": 0.2, "faint": 0.123, "time": -0.04,
                "chance": -1.5, "background": 0.0, "foreign": 1.25, "abroad": 0.5, "shift": -2.0,
                "other": 1.0,
            },
        },
        {"article": 8, "score": 0.5},
        {"article": 9, "score": None, "shares": {}},
    ],
    "next": {"story": "shares", "score": 0.2},
}  # fmt: skip
PRESENT_EVIDENCE = FORMER_EVIDENCE | {
    "nearest": [
        {
            "article": 7,
            "score": 0.97,
            "contributions": {
                "dense": 2.1, "title": 0.3, "body": 0.2, "body_sqrt": 0.123, "time": -0.04,
                "date_prior": -1.5, "background": 0.0, "cross_language": 1.25,
                "cross_language_dense": 0.5, "prior_shift": -2.0, "other": 1.0,
            },
        },
        {"article": 8, "score": 0.5},
        {"article": 9, "score": None, "contributions": {}},
    ],
}  # fmt: skip
#: Evidence without contributions, which both directions leave as it is.
OTHER_EVIDENCE: list[dict[str, Any]] = [
    {},
    {"score": 0.9, "nearest": []},
    {"nearest": None, "editor": "ann"},
    {"nearest": {"shares": {"faint": 1}, "contributions": {"body_sqrt": 1}}},
    {"nearest": [7, None, {"article": 8, "shares": None, "contributions": 1}]},
    {"next": {"story": "shares", "score": 0.2}},
]
#: The values of all renamed columns, under the former names and under the new ones.
FORMER = """
SELECT articles.claimed, keys.used_at, answers.word, answers.made_at, lexicons.made_at,
       gazetteers.made_at, secrets.made_at, outlets.configured, webhooks.told_transition_id,
       webhooks.delivered_at, webhooks.paused_because, webhook_holds.next_transition_id,
       subscribers.rhythm_since, subscribers.stopped_because, issues.made_at, issues.reached,
       issues.folded_into = deliveries.issue_id
FROM articles, keys, answers, lexicons, gazetteers, secrets, outlets, webhooks, webhook_holds,
     subscribers, issues, deliveries
WHERE issues.kind = 'notice' AND issues.state = 'folded'
"""
PRESENT = """
SELECT articles.claimed_date, keys.last_used_at, responses.idempotency_key, responses.created_at,
       vocabularies.created_at, gazetteers.created_at, link_keys.created_at,
       outlets.configured_values, webhooks.last_delivered_id, webhooks.last_delivered_at,
       webhooks.pause_reason, blocked.next_transition_id, subscribers.schedule_since,
       subscribers.stop_reason, editions.created_at, editions.independent_coverage,
       editions.deferred_to = deliveries.edition_id
FROM articles, keys, idempotent_responses AS responses, vocabularies, gazetteers, link_keys,
     outlets, webhooks, webhook_blocked_stories AS blocked, subscribers, editions, deliveries
WHERE editions.kind = 'alert' AND editions.state = 'deferred'
"""
FORMER_COUNTERS = "SELECT number, keys FROM store_state"
PRESENT_COUNTERS = "SELECT value, key_changes FROM change_counter"


@pytest.fixture
def earlier(engine: Engine) -> Engine:
    """A database at revision 0020 with a row in each renamed table."""
    migrate(engine, BEFORE, up=False)
    with engine.begin() as connection:
        for statement in STORED.split(";\n"):
            parameters = {"now": NOW, "evidence": json.dumps(FORMER_EVIDENCE)}
            given = {name: value for name, value in parameters.items() if f":{name}" in statement}
            connection.execute(text(statement), given)
    return engine


def test_renamed_columns_keep_their_values_in_both_directions(earlier: Engine):
    before = read(earlier, FORMER)
    migrate(earlier, AFTER, up=True)
    assert read(earlier, PRESENT) == before
    migrate(earlier, BEFORE, up=False)
    assert read(earlier, FORMER) == before
    migrate(earlier, "head", up=True)
    assert read(earlier, PRESENT) == before


def test_stored_json_has_new_keys_after_the_upgrade_and_former_keys_after_the_downgrade(
    earlier: Engine,
) -> None:
    migrate(earlier, AFTER, up=True)
    assert read(earlier, "SELECT content FROM editions WHERE kind = 'digest'") == (
        {"updates": [], "low_coverage": [1]},
    )
    summary = "SELECT details->'summary' FROM stories"
    assert read(earlier, summary) == ([{"text": "A", "complete": True}],)
    migrate(earlier, BEFORE, up=False)
    assert read(earlier, "SELECT content FROM issues WHERE kind = 'digest'") == (
        {"moved_on": [], "few": [1]},
    )
    assert read(earlier, summary) == ([{"text": "A", "whole": True}],)


def test_stored_evidence_has_the_feature_names_of_its_revision(earlier: Engine):
    evidence = "SELECT evidence FROM memberships"
    for _ in range(2):
        migrate(earlier, AFTER, up=True)
        assert read(earlier, evidence) == (PRESENT_EVIDENCE,)
        migrate(earlier, BEFORE, up=False)
        assert read(earlier, evidence) == (FORMER_EVIDENCE,)


def test_new_feature_names_are_those_of_the_model(earlier: Engine):
    migrate(earlier, AFTER, up=True)
    (evidence,) = read(earlier, "SELECT evidence FROM memberships")
    assert set(evidence["nearest"][0]["contributions"]) - {"other"} <= set(PAIR_FEATURES)


@pytest.mark.parametrize("other", OTHER_EVIDENCE)
def test_evidence_without_contributions_is_unchanged(earlier: Engine, other: dict[str, Any]):
    with earlier.begin() as connection:
        statement = text("UPDATE memberships SET evidence = CAST(:evidence AS jsonb)")
        connection.execute(statement, {"evidence": json.dumps(other)})
    migrate(earlier, AFTER, up=True)
    assert read(earlier, "SELECT evidence FROM memberships") == (other,)
    migrate(earlier, BEFORE, up=False)
    assert read(earlier, "SELECT evidence FROM memberships") == (other,)


def test_triggers_count_changes_under_both_names(earlier: Engine):
    migrate(earlier, AFTER, up=True)
    value, key_changes = read(earlier, PRESENT_COUNTERS)
    change(earlier)
    assert read(earlier, PRESENT_COUNTERS) == (value + 1, key_changes + 1)
    assert read(earlier, "SELECT count(*) FROM pending_changes") == (0,)
    migrate(earlier, BEFORE, up=False)
    value, key_changes = read(earlier, FORMER_COUNTERS)
    change(earlier)
    assert read(earlier, FORMER_COUNTERS) == (value + 1, key_changes + 1)


def test_new_rows_get_ids_after_the_existing_ones(earlier: Engine):
    migrate(earlier, AFTER, up=True)
    statement = (
        "INSERT INTO editions (subscriber_id, local_date, due_at, created_at, subject, content) "
        "SELECT id, '2023-04-27', :at, :at, '', '{}' FROM subscribers RETURNING id"
    )
    with earlier.begin() as connection:
        assert connection.scalar(text(statement), {"at": NOW + timedelta(days=1)}) == 3


def read(engine: Engine, statement: str) -> tuple[Any, ...]:
    with engine.connect() as connection:
        return tuple(connection.execute(text(statement)).one())


def change(engine: Engine) -> None:
    """Change a story and a key in one transaction."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE stories SET headline = headline || 'x'"))
        connection.execute(text("UPDATE keys SET revoked_at = :now"), {"now": NOW})
