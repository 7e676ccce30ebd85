"""Muted words in emails as they were sent: subjects, cards, links and both body parts."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jobs.running.context import Context
from jobs.sending.alerts import alerts
from jobs.sending.digest import digest
from service.domain.stories.description import Details
from service.domain.stories.wording.summary import Quote
from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.filters import Filters
from service.store.stories.details import to_json
from service.store.subscribers import alerts as store
from service.store.subscribers import subscribers
from tests.integration.conftest import Clock, make_context
from tests.support.content.subscribers import DUE, subscribe, with_mail
from tests.support.database.rows import Rows
from tests.support.servers.mail_server import MailServer

#: Titles of each story's reports, with their language.
STORIES = {
    "talks": [("Summit ends without a deal", "en"), ("Zorin-Aldous talks collapse", "en")],
    "robots": [("Harbour tests QX-powered cranes", "en")],
    "boats": [("Two skiffs collide off Tern Island", "en")],
    "fleet": [("Флот Зорландии вышел в море", "ru")],
    "trade": [("关于中兰国经济的报告", "zh")],
    "bank": [("Z.B. raises rates", "en")],
    "calm": [("Library reopens in Castelmar", "en"), ("Castelmar opens its library", "en")],
}
MUTED = frozenset({"Zorin", "QX", "skiff", "Зорландия", "中兰国", "ZB", "gazebo"})
#: What a reader would recognise as a muted word.
TRACES = ("zorin", "qx", "skiff", "зорланди", "中兰国", "z.b.", "gazebo")


@pytest.fixture
def context(engine: Any, clock: Clock, mail: MailServer) -> Context:
    clock.now = DUE
    context = with_mail(make_context(engine, clock), mail.port)
    sizes = replace(context.settings.digest, max_stories=len(STORIES))
    return replace(context, settings=replace(context.settings, digest=sizes))


def report_stories(context: Context, *names: str) -> None:
    with context.sessions.begin() as session:
        rows = Rows(session)
        for name in names:
            articles = [
                rows.article(
                    rows.outlet(f"{name}{number}"),
                    title,
                    at=context.clock() - timedelta(minutes=30),
                    language=language,
                )
                for number, (title, language) in enumerate(STORIES[name])
            ]
            quotes = tuple(
                Quote(str(articles[0].id), f"{name}0", text, complete=True)
                for text in ("The doors open at nine.", "A gazebo stands beside the library.")
            )
            rows.story(name, articles, details=to_json(Details(summary=quotes)))


def shown(mail: MailServer) -> str:
    """Return all that the emails show: subjects, and both parts of their bodies without links.

    The tokens of links are random and may contain any two letters.
    """
    text = "\n".join(
        f"{email['Subject']}\n{part.get_content()}"
        for _, email in mail.received
        for part in email.iter_parts()
    )
    return re.sub(r"https?://[^\s\"<>]+", "", text).lower()


def test_digest_and_alert_emails_show_no_muted_word(
    context: Context, clock: Clock, mail: MailServer
):
    muting, other = subscribe(
        context.sessions, "ann@x.example", filters=Filters(muted_words=MUTED)
    ) + subscribe(context.sessions, "bob@x.example")
    report_stories(context, *STORIES)
    with context.sessions.begin() as session:
        for each in (muting, other):
            since = clock.now - timedelta(days=1)
            store.add(session, each.id, parse_conditions(min_independent=2), now=since)
            store.add(session, each.id, parse_conditions(words="rates, cranes, море"), now=since)
    digest(context)
    alerts(context)
    everything = shown(mail)
    # The other subscriber muted nothing. A title without its word leads the first story.
    expected = ("summit ends", *TRACES[1:])
    assert [text for text in expected if text not in everything] == []
    mail.received = [(to, email) for to, email in mail.received if to == "ann@x.example"]
    assert [str(email["Subject"]) for _, email in mail.received] == [STORIES["calm"][0][0]] * 2
    assert "the doors open at nine" in shown(mail)
    assert [text for text in ("summit", *TRACES) if text in shown(mail)] == []


def test_word_muted_after_an_alert_was_deferred_is_not_in_the_digest(
    context: Context, clock: Clock, mail: MailServer
):
    settings = replace(context.settings, alerts=replace(context.settings.alerts, max_per_hour=0))
    context = replace(context, settings=settings)
    [ann] = subscribe(context.sessions, "ann@x.example")
    with context.sessions.begin() as session:
        since = clock.now - timedelta(days=1)
        store.add(session, ann.id, parse_conditions(words="collide, library"), now=since)
    report_stories(context, "boats", "calm")
    assert alerts(context) == {"deferred_to_digest": 2}
    with context.sessions.begin() as session:
        muting = replace(ann.filters, muted_words=frozenset({"Skiff"}))
        subscribers.update_preferences(session, ann.id, ann.schedule, muting, now=clock.now)
    assert digest(context) == {"created": 1, "sent": 1}
    assert "library reopens" in shown(mail)
    assert "skiff" not in shown(mail)
