"""Issues of the digest for many subscribers: chosen and written, none kept."""

import random
import resource
import time
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from service.domain.subscribers.alerts import Alert, AlertQuery, StoryIndex, notices
from service.domain.subscribers.digest_model import SummarySentence, DigestStory
from service.domain.subscribers.digest_selection import History, Filters, choose
from service.mail.message import issue_message_id, message
from service.mail.render import DigestMessage, Links, Renderer
from service.settings import load as settings_module
from tests.support.content.digest_stories import NOW, report, story

STORIES, OUTLETS, WORDS = 1000, 120, 3000
SENDER = "digest@news.example"


@dataclass(frozen=True, slots=True)
class Made:
    """Seconds of one processor, how large the issues were, and how much memory they left behind."""

    seconds: float
    issues: int
    mean_bytes: float
    grown_mib: float  #: of the process, after the first tenth


def made_up_stories(rng: random.Random) -> list[DigestStory]:
    """A day's stories: most of few outlets, some of forty."""
    words = [f"word{number}" for number in range(WORDS)]
    found = []
    for number in range(STORIES):
        told = [" ".join(rng.sample(words, 10)) for _ in range(4)]
        many = min(int(rng.paretovariate(1.0)), 40)
        reports = [
            report(f"outlet{rng.randrange(OUTLETS)}", told[0], hours=rng.uniform(0, 30))
            for _ in range(many)
        ]
        ordered = sorted(reports, key=lambda each: each.at)
        summary = tuple(SummarySentence(" ".join((text, *text.split()[::-1])), "Daily") for text in told[1:])
        found.append(story(told[0], ordered, id=f"s{number}", summary=summary))
    return found


def issues(count: int) -> Made:
    """Choose and write the issues of so many subscribers, all with other wishes and another past."""
    rng, settings = random.Random(3), settings_module.load({}).digest
    stories = made_up_stories(rng)
    renderer = Renderer(title="samestory", site="https://news.example")
    links = Links("https://news.example", "p" * 60, "u" * 60, "i" * 60)
    size, started, before = 0, time.process_time(), 0
    for number in range(count):
        chosen = choose(stories, _taste(rng), _past(rng, stories), settings)
        told = DigestMessage(chosen, date(2023, 4, 25), NOW, ZoneInfo("UTC"))
        written = renderer.digest(told, f"r{number}@x.example", links)
        email = message(
            written,
            sender=SENDER,
            to=f"r{number}@x.example",
            message_id=issue_message_id(number, SENDER),
            at=NOW,
        )
        size += len(email.as_bytes())
        if number == count // 10:
            before = _peak()
    return Made(time.process_time() - started, count, size / count, (_peak() - before) / 1024)


def alerts(count: int) -> float:
    """Seconds of one processor for the alerts of so many subscribers, two each, looked at once."""
    rng, settings = random.Random(4), settings_module.load({}).alerts
    found = made_up_stories(rng)
    since = NOW - timedelta(days=30)
    asked = [
        [
            Alert(
                number,
                AlertQuery(words=frozenset(f"word{rng.randrange(WORDS)}" for _ in range(3))),
                since,
            ),
            Alert(
                -number,
                AlertQuery(outlets=frozenset({f"outlet{rng.randrange(OUTLETS)}"}), min_independent=8),
                since,
            ),
        ]
        for number in range(count)
    ]
    started = time.process_time()
    stories = StoryIndex(found)
    for each in asked:
        notices(each, stories, Filters(), (), settings)
    return time.process_time() - started


def _taste(rng: random.Random) -> Filters:
    outlets = [f"outlet{rng.randrange(OUTLETS)}" for _ in range(6)]
    return Filters(
        min_independent=rng.choice([1, 2, 2, 3]),
        followed_outlets=frozenset(outlets[:3]),
        muted_outlets=frozenset(outlets[3:]),
        followed_words=frozenset(f"word{rng.randrange(WORDS)}" for _ in range(5)),
        muted_words=frozenset(f"word{rng.randrange(WORDS)}" for _ in range(5)),
    )


def _past(rng: random.Random, stories: list[DigestStory]) -> History:
    seen = rng.sample(stories, 60)
    articles = frozenset(each.article for told in seen for each in told.reports[:3])
    return History(NOW - timedelta(hours=24), articles)


def _peak() -> int:
    """KiB that the process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
