"""Metrics of the process, and the files for Prometheus and Grafana."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from jobs.running.context import Context
from jobs.running.runner import Job, run_job
from service.errors import BadInputError
from service.store.database.sessions import Sessions
from service.telemetry import process
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import WORLD_NOW
from tests.support.servers.site import Site, serving
from tests.unit.project.test_docs import anchors

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "config" / "prometheus"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())
]


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    with sessions.begin() as session:
        fill(session)
    with serving(sessions, clock=lambda: WORLD_NOW) as running:
        yield running


def names_in(metrics: str) -> set[str]:
    return set(re.findall(r"^([a-z_]+)[ {]", metrics, re.MULTILINE))


def value_of(metrics: str, series: str) -> float:
    [value] = re.findall(rf"^{re.escape(series)} (.*)$", metrics, re.MULTILINE)
    return float(value)


def test_alerts_and_dashboard_use_existing_metrics(site: Site, context: Context):
    process.JOBS.register(["place"])
    process.FETCHES.labels("ok")
    process.DELIVERIES.labels("digest", "sent")
    with context.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO runs (job, started_at, heartbeat_at, outcome, host, pid) "
                "VALUES ('place', now(), now(), 'running', 'here', 1)"
            )
        )
    site.get("/v1/stories")
    exported = names_in(site.get("/metrics").text)
    used = {
        name for each in EXPRESSIONS for name in re.findall(r"(?:samestory|process)_[a-z_]+", each)
    }
    assert len(used) > 30
    assert used <= exported | {"samestory_job_runs_total"}


def test_queues_and_the_run_in_progress_are_reported(site: Site, sessions: Sessions):
    with sessions.begin() as session:
        session.execute(
            text("UPDATE articles SET stage = 'admitted', first_seen = :at"), {"at": WORLD_NOW}
        )
    metrics = site.get("/metrics").text
    assert value_of(metrics, 'samestory_queue_length{queue="place"}') == 28
    assert value_of(metrics, 'samestory_queue_oldest_seconds{queue="place"}') == 0
    assert value_of(metrics, "samestory_maintenance") == 0


def test_runs_are_counted_in_the_process_and_survive_the_database(
    site: Site, context: Context, sessions: Sessions
):
    def fail(_: Context) -> dict[str, int]:
        raise BadInputError("no such file")

    run_job(Job("counted", 60, 60, lambda _: {"articles": 1}), context)
    with pytest.raises(BadInputError):
        run_job(Job("counted", 60, 60, fail), context)
    before = site.get("/metrics").text
    with sessions.begin() as session:
        session.execute(text("DROP TABLE runs CASCADE"))
    after = site.get("/metrics").text
    for metrics in (before, after):
        assert value_of(metrics, 'samestory_job_runs_total{job="counted",outcome="done"}') == 1
        assert value_of(metrics, 'samestory_job_runs_total{job="counted",outcome="failed"}') == 1
        assert value_of(metrics, 'samestory_job_running_seconds{job="counted"}') == 0
        assert value_of(metrics, 'samestory_job_last_run_age_seconds{job="place"}') >= 178
    assert value_of(before, "samestory_database_up") == 1
    assert value_of(after, "samestory_database_up") == 0


def test_metrics_are_those_of_the_documentation(site: Site):
    served = set(re.findall(r"^# TYPE (samestory_\w+)", site.get("/metrics").text, re.MULTILINE))
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(samestory_[a-z_]+?)(?:_total)?[{`]", page))
    served = {name.removesuffix("_total") for name in served if not name.endswith("_created")}
    assert sorted(served) == sorted(documented)


def test_each_alert_has_an_entry_in_the_runbook():
    headings = anchors(ROOT / "docs" / "operations.md")
    for rule in RULES:
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/operations.md"
        assert anchor == rule["alert"].lower()
        assert anchor in headings


RULE_TESTS: dict[str, Any] = {
    "rule_files": ["alerts.yml"],
    "evaluation_interval": "1m",
    "tests": [
        {
            "interval": "1m",
            "input_series": [
                {
                    "series": 'samestory_queue_oldest_seconds{queue="place"}',
                    "values": "0x10 3000x60",
                },
                {"series": "samestory_maintenance", "values": "0x40 1x30"},
                {"series": 'samestory_database_up{instance="a"}', "values": "1x20 0x50"},
                {"series": 'samestory_feeds{status="active"}', "values": "100x70"},
                {"series": "samestory_feeds_failing", "values": "20x70"},
            ],
            "alert_rule_test": [
                {"eval_time": at, "alertname": name, "exp_alerts": alerts}
                for at, name, alerts in (
                    ("15m", "SamestoryArticlesWait", []),
                    (
                        "30m",
                        "SamestoryArticlesWait",
                        [
                            {
                                "exp_labels": {"severity": "warning"},
                                "exp_annotations": {
                                    "summary": "an article has waited for its story for half an hour",
                                    "runbook": "docs/operations.md#samestoryarticleswait",
                                },
                            }
                        ],
                    ),
                    ("60m", "SamestoryArticlesWait", []),
                    (
                        "30m",
                        "SamestoryDatabaseDown",
                        [
                            {
                                "exp_labels": {"severity": "critical", "instance": "a"},
                                "exp_annotations": {
                                    "summary": "a cannot reach its database",
                                    "runbook": "docs/operations.md#samestorydatabasedown",
                                },
                            }
                        ],
                    ),
                    ("60m", "SamestoryFeedsFailing", []),
                )
            ],
        }
    ],
}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_rules_are_valid_and_fire_except_in_maintenance(tmp_path: Path):
    for file in FOLDER.iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(RULE_TESTS), encoding="utf-8")
    promtool = str(shutil.which("promtool"))
    for arguments in (["check", "config", "scrape.yml"], ["test", "rules", "tests.yml"]):
        done = subprocess.run(
            [promtool, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
