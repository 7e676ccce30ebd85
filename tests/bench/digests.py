"""CPU time of creating digests and checking alerts for many subscribers."""

import random
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from service.domain.subscribers.alerts import Alert, AlertConditions, build_alert_emails
from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.digests.stories import DigestStory, SummarySentence
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.story_index import StoryIndex
from service.mail.message import build_message, edition_message_id
from service.mail.render import DigestMessage, Links, Renderer
from service.settings import load as settings_module
from tests.support.content.digest_stories import NOW, report, story

STORIES, OUTLETS, WORDS = 1000, 120, 3000
SENDER = "digest@news.example"


@dataclass(frozen=True, slots=True)
class DigestCost:
    """CPU seconds, mean size of an email, and growth of the memory peak after the first tenth."""

    seconds: float
    mean_bytes: float
    growth_mib: float


def generate_stories(rng: random.Random) -> list[DigestStory]:
    """Generate a day's stories: most with few reports, some with forty."""
    words = [f"word{number}" for number in range(WORDS)]
    stories = []
    for number in range(STORIES):
        sentences = [" ".join(rng.sample(words, 10)) for _ in range(4)]
        count = min(int(rng.paretovariate(1.0)), 40)
        reports = [
            report(f"outlet{rng.randrange(OUTLETS)}", sentences[0], hours=rng.uniform(0, 30))
            for _ in range(count)
        ]
        ordered = sorted(reports, key=lambda each: each.at)
        summary = tuple(
            SummarySentence(" ".join((text, *text.split()[::-1])), "Daily")
            for text in sentences[1:]
        )
        stories.append(story(sentences[0], ordered, id=f"s{number}", summary=summary))
    return stories


def create_digests(count: int) -> DigestCost:
    """Select and render digests of `count` subscribers with random preferences and history."""
    rng, settings = random.Random(3), settings_module.load({}).digest
    index = StoryIndex(generate_stories(rng))
    renderer = Renderer(title="samestory", site="https://news.example")
    links = Links("https://news.example", "p" * 60, "u" * 60, "i" * 60)
    size, started, before = 0, time.process_time(), 0
    for number in range(count):
        selection = select_stories(index, _filters(rng), _history(rng, index.stories), settings)
        digest = DigestMessage(selection, date(2023, 4, 25), NOW, ZoneInfo("UTC"))
        content = renderer.digest(digest, f"r{number}@x.example", links)
        email = build_message(
            content,
            sender=SENDER,
            to=f"r{number}@x.example",
            message_id=edition_message_id(number, SENDER),
            at=NOW,
        )
        size += len(email.as_bytes())
        if number == count // 10:
            before = _peak_memory()
    return DigestCost(time.process_time() - started, size / count, (_peak_memory() - before) / 1024)


def check_alerts(count: int) -> float:
    """Return the CPU seconds of checking the alerts of this many subscribers, two each."""
    rng, settings = random.Random(4), settings_module.load({}).alerts
    stories = generate_stories(rng)
    since = NOW - timedelta(days=30)
    subscriptions = [
        [
            Alert(
                number,
                AlertConditions(words=frozenset(f"word{rng.randrange(WORDS)}" for _ in range(3))),
                since,
            ),
            Alert(
                -number,
                AlertConditions(
                    outlets=frozenset({f"outlet{rng.randrange(OUTLETS)}"}), min_independent=8
                ),
                since,
            ),
        ]
        for number in range(count)
    ]
    started = time.process_time()
    index = StoryIndex(stories)
    for each in subscriptions:
        build_alert_emails(each, index, Filters(), (), settings)
    return time.process_time() - started


def _filters(rng: random.Random) -> Filters:
    outlets = [f"outlet{rng.randrange(OUTLETS)}" for _ in range(6)]
    return Filters(
        min_independent=rng.choice([1, 2, 2, 3]),
        followed_outlets=frozenset(outlets[:3]),
        muted_outlets=frozenset(outlets[3:]),
        followed_words=frozenset(f"word{rng.randrange(WORDS)}" for _ in range(5)),
        muted_words=frozenset(f"word{rng.randrange(WORDS)}" for _ in range(5)),
    )


def _history(rng: random.Random, stories: Sequence[DigestStory]) -> History:
    seen = rng.sample(stories, 60)
    articles = frozenset(each.article for digest_story in seen for each in digest_story.reports[:3])
    return History(NOW - timedelta(hours=24), articles)


def _peak_memory() -> int:
    """Return the peak memory of the process, KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
