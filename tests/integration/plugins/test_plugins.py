"""Plugins: an example of each kind in its place, and failures that are named."""

import time
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from service.domain.articles.agency_credits import AgencyNames
from service.domain.articles.model import Vectors
from service.domain.entities.gazetteer import Gazetteer
from service.domain.stories.description import DescriptionContext, StoryContent, describe_story
from service.embed.encoder import Encoder
from service.embed.loader import load_encoder
from service.errors import EncoderError, ExportError, FeedError, MailServerError, PluginError
from service.ingest.parsing.processes.pool import parse_all
from service.ingest.parsing.processes.worker import ParseJob
from service.mail.sender import PluginSender
from service.mail.smtp import open_sender
from service.plugins import Article, EntityRecogniser, Kind
from service.plugins.entities import load_recogniser
from service.plugins.loading import load_plugin
from service.settings.load import Settings, load
from service.store.database.sessions import Sessions
from service.store.export import dump
from tests.support.content.vocabularies import vocabulary_of
from tests.support.database.rows import NOW

EXAMPLES = Path(__file__).parents[2] / "support" / "plugins"
RSS = b"<rss><channel><title>Quay</title><item><title>Fog</title></item></channel></rss>"


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the examples for this process and for parser processes."""
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES))


def configured(**values: str) -> Settings:
    return load({f"SAMESTORY_{name}": value for name, value in values.items()})


def encoder_named(name: str) -> Encoder:
    settings = configured(EMBED__MODEL=f"plugin:{name}", EMBED__LANGUAGE_MEANS="")
    return load_encoder(settings.embed)


def test_encoder_of_a_plugin_replaces_the_model():
    encoder = encoder_named("letters")
    vectors = encoder.encode(["fog", "Fog", "ferry"])
    assert encoder.model == "plugin:letters:letters-1"
    assert vectors.shape == (3, 26)
    assert np.array_equal(vectors[0], vectors[1])
    assert encoder.encode([]).shape == (0, 26)


def test_failing_encoder_is_named():
    with pytest.raises(EncoderError, match=r"Plugin broken \(samestory\.encoders\): vectors"):
        encoder_named("broken").encode(["fog"])
    with pytest.raises(EncoderError, match=r"not installed; installed .*: broken, letters"):
        encoder_named("missing")


def test_parser_of_a_plugin_reads_its_feeds_only():
    settings = replace(configured(PARSE__PLUGINS="broken,missing,lines").parse, workers=1)
    jobs = [
        ParseJob(b"http://quay.example/fog Fog", "http://quay.example/", "text/x-lines"),
        ParseJob(RSS, "http://quay.example/rss", "text/xml"),
    ]
    lines, rss = parse_all(jobs, settings)
    assert not isinstance(lines, FeedError)
    assert not isinstance(rss, FeedError)
    assert (lines.format, [entry.title for entry in lines.entries]) == ("lines", ["Fog"])
    assert (rss.title, [entry.title for entry in rss.entries]) == ("Quay", ["Fog"])
    for feed in (lines, rss):
        missing, broken = feed.warnings[:2]
        assert missing.startswith("Plugin missing (samestory.feed_parsers): not installed")
        assert broken.startswith("Plugin broken (samestory.feed_parsers): LookupError: no parser")


def test_parser_that_ends_its_process_is_named():
    limits = replace(configured(PARSE__PLUGINS="hostile").parse, workers=1, timeout_seconds=1)
    kinds = ["text/x-hang", "text/x-crash", "text/x-memory", "text/xml"]
    *failed, rss = parse_all(
        [ParseJob(RSS, "http://quay.example/", kind) for kind in kinds], limits
    )
    name = "http://quay.example/: Plugin hostile (samestory.feed_parsers): "
    assert [str(each) for each in failed] == [
        f"{name}exceeded 1 s (parse.timeout_seconds)",
        f"{name}crashed the parser process (exit code 7)",
        f"{name}exceeded 1024 MiB of memory (parse.memory_mib)",
    ]
    assert not isinstance(rss, FeedError)


def test_failure_after_a_plugin_is_not_blamed_on_it():
    limits = replace(configured(PARSE__PLUGINS="hostile").parse, workers=1, timeout_seconds=1)
    hanging = b"<rss version='2.0'><channel>" + b"<a " * 300_000
    [outcome] = parse_all([ParseJob(hanging, "http://quay.example/")], limits)
    assert str(outcome).endswith(": Parsing exceeded 1 s (parse.timeout_seconds)")


def test_parser_that_hangs_while_it_is_loaded_becomes_a_warning():
    limits = replace(configured(PARSE__PLUGINS="endless").parse, workers=1, timeout_seconds=1)
    started = time.monotonic()
    [rss] = parse_all([ParseJob(RSS, "http://quay.example/", "text/xml")], limits)
    assert not isinstance(rss, FeedError)
    assert rss.warnings[0] == (
        "Plugin endless (samestory.feed_parsers): TimeoutError: loading exceeded 1 s"
        " (parse.timeout_seconds)"
    )
    assert time.monotonic() - started < 30


def test_parser_that_ends_the_process_while_it_is_loaded_is_named():
    limits = replace(configured(PARSE__PLUGINS="crashing").parse, workers=1)
    with pytest.raises(PluginError, match=r"Plugin crashing .* while it was loaded .*code 7"):
        parse_all([ParseJob(RSS, "http://quay.example/", "text/xml")], limits)


def test_recogniser_of_a_plugin_finds_entities():
    recognise = load_recogniser("capitals")
    assert recognise is not None
    found = recognise([Article(1, "NATO meets"), Article(2, "NATO, EU")])
    assert [(each.name, each.articles) for each in found or ()] == [("NATO", 2), ("EU", 1)]


def test_failing_recogniser_is_logged_and_leaves_the_built_in_search():
    with capture_logs() as logs:
        recognise = load_recogniser("capitals")
        assert recognise is not None
        assert recognise([Article(1, "Talks fail")]) is None
        assert load_recogniser("broken") is None
    assert [entry["action"] for entry in logs] == ["plugin_failed"] * 2
    assert "Plugin capitals (samestory.entities): ValueError: a title" in logs[0]["error"]
    assert "Plugin broken (samestory.entities): RuntimeError: no licence" in logs[1]["error"]


@pytest.mark.parametrize(("plugin", "expected"), [("capitals", ["NATO"]), ("broken", ["Oslo"])])
def test_descriptions_use_the_recogniser(plugin: str, expected: list[str]):
    articles = [Article(1, "NATO", "The ministers met in Oslo.", outlet="a")]
    context = DescriptionContext(
        original_of={},
        families={},
        outlet_names={},
        agency_names=AgencyNames({}, {}),
        vocabulary=vocabulary_of([["nato"]]),
        gazetteer=Gazetteer({"Oslo": {Kind.PLACE: 9.0}}, {"oslo": 9}, {}),
        reported_at={articles[0].id: NOW},
        recognise=load_recogniser(plugin),
    )
    story = StoryContent(articles, Vectors("m", np.ones((1, 1), np.float32)), articles[0])
    described = describe_story("story", story, [], context, NOW)
    assert [entity.name for entity in described.details.entities] == expected


def test_sender_of_a_plugin_sends_emails():
    settings = configured(MAIL__PLUGIN="memory").mail
    assert settings.ready
    email = EmailMessage()
    email["Subject"] = "News"
    ended: list[bool] = []
    with open_sender(settings) as sender:
        sender.send(email, before_end=lambda: ended.append(True))
        assert isinstance(sender, PluginSender)
    assert ended == [True]
    module = import_module("samestory_examples")
    assert [each["Subject"] for each in module.MemorySender.sent] == ["News"]


def test_failing_sender_is_named():
    with (
        open_sender(configured(MAIL__PLUGIN="broken").mail) as sender,
        pytest.raises(MailServerError, match=r"Plugin broken .*ConnectionError: the service"),
    ):
        sender.send(EmailMessage())
    with (
        pytest.raises(MailServerError, match="Plugin missing"),
        open_sender(configured(MAIL__PLUGIN="missing").mail),
    ):
        pass


def test_target_of_a_plugin_receives_dumps(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EXAMPLE_DUMPS", str(tmp_path))
    (tmp_path / "2020-01-01").mkdir()
    assert not dump.has_dump("plugin:copies", NOW.date())
    files = dump.write_dump(sessions, "plugin:copies", now=NOW, release="0")
    assert dump.has_dump("plugin:copies", NOW.date())
    written = {each.name for each in (tmp_path / NOW.date().isoformat()).iterdir()}
    assert {file.name for file in files} | {"manifest.json", "dictionary.json"} == written
    assert dump.delete_old_dumps("plugin:copies", today=NOW.date(), keep_days=1) == 1
    assert dump.has_dump("plugin:copies", NOW.date())


def test_failing_target_is_named():
    with pytest.raises(ExportError, match=r"Plugin broken .*RuntimeError: no licence file"):
        dump.has_dump("plugin:broken", date(2026, 1, 1))


def test_plugin_without_the_members_of_its_protocol_is_rejected():
    with pytest.raises(PluginError, match=r"broken .*: RuntimeError"):
        load_plugin("entities", "broken", EntityRecogniser)
    with pytest.raises(PluginError, match=r"letters .*lacks members of EntityRecogniser"):
        load_plugin("encoders", "letters", EntityRecogniser)
