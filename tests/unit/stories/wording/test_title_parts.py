"""The shown part of a title, without labels, live notes and teasers."""

import numpy as np
import pytest

from service.domain.articles.article_types import ArticleType
from service.domain.articles.model import Article, Vectors
from service.domain.stories.wording.headline import choose_headline_article
from service.domain.stories.wording.title_flaws import PLAIN_BELOW
from service.domain.stories.wording.title_parts import headline_text, style_penalty

EVENT = "Ferry hits the pier of Orlan harbour"

#: Language, a title, and its part that states the event.
CUT = [
    ("en", f"WATCH:  {EVENT}", EVENT),
    ("en", f"VIDEO — {EVENT}", EVENT),
    ("en", f"EXCLUSIVE: {EVENT}", EVENT),
    ("en", f"Orlan live: {EVENT}", EVENT),
    ("en", f"{EVENT} – as it happened", EVENT),
    ("en", f"{EVENT} – Lakeland politics live", EVENT),
    ("en", f"Watch live: {EVENT} – video", EVENT),
    ("en", f"{EVENT}: Morning Rundown", EVENT),
    ("en", f"{EVENT}. Here's what to know", EVENT),
    ("en", f"{EVENT}: What we know so far", EVENT),
    ("en", f"{EVENT}. Who is to blame?", EVENT),
    ("en", f"{EVENT}: five takeaways", EVENT),
    ("en", f"‘We heard a bang’: {EVENT}", EVENT),
    ("en", f"‘Terrifying’: {EVENT.lower()}", EVENT.capitalize()),
    (
        "en",
        "Who is Ilka Karsia? Captain of Orlan ferry charged over harbour crash",
        "Captain of Orlan ferry charged over harbour crash",
    ),
    ("de", "Eilmeldung: Fähre rammt Pier im Hafen", "Fähre rammt Pier im Hafen"),
    (
        "de",
        "Fähre rammt Pier im Hafen: Was wir wissen",
        "Fähre rammt Pier im Hafen",
    ),
    ("fr", "EN DIRECT – Un ferry heurte le quai d’Orlan", "Un ferry heurte le quai d’Orlan"),
    ("es", "Vídeo: Un ferri choca contra el muelle", "Un ferri choca contra el muelle"),
    ("ru", "Видео: Паром врезался в причал Орлана", "Паром врезался в причал Орлана"),
    ("ar", "فيديو: عبارة تصطدم برصيف ميناء أورلان", "عبارة تصطدم برصيف ميناء أورلان"),
    ("zh", "快讯：渡轮撞上奥兰港码头", "渡轮撞上奥兰港码头"),
]

#: Titles that stay whole: the first part limits the claim, is a name, or belongs to the sentence.
WHOLE = [
    EVENT,
    f"Report: {EVENT}",
    f"Opinion: {EVENT}",
    f"{EVENT} | Opinion",
    "‘Masks and Lanterns’: Orlan bans the film",
    "Karsia on the ferry: ‘Who steered it?’",
    "Ferry owner Karsia on the crash in Orlan: ‘This is madness’",
    "What’s in a name? In Orlan, it is the captain’s own one",
    "Why do ferries crash? You may be surprised by what we learned in Orlan",
    "Ferry update: latest",
    "Ferry stops at 5.30 p.m. in U.S. waters",
    "",
    "Ferry: " * 80,
]


@pytest.mark.parametrize(("lang", "title", "event"), CUT)
def test_labels_live_notes_and_teasers_are_cut(lang: str, title: str, event: str) -> None:
    assert headline_text(title, lang) == event
    assert style_penalty(title, lang) > style_penalty(event, lang) == 0


@pytest.mark.parametrize("title", WHOLE)
def test_other_titles_stay_whole(title: str) -> None:
    assert headline_text(title, "en") == title.strip()


def test_live_note_weighs_more_than_a_label() -> None:
    label, live = style_penalty(f"Watch: {EVENT}"), style_penalty(f"Orlan live: {EVENT}")
    assert label < PLAIN_BELOW <= live


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "Five key questions about the Orlan ferry"),
        ("en", "Ferry season preview: 7 storylines"),
        ("en", "The ferry and its captain: A timeline of their voyages"),
        ("en", "Read the letter of the ferry crews"),
        ("en", "Here is your crash course on ferries"),
        ("en", "Key results of the Orlan election, so far"),
        ("en", "The Orlan scandal is worse than you think"),
        ("de", "Fünf Dinge über die Fähre von Orlan"),
        ("fr", "Ferry d’Orlan : cinq questions"),
        ("es", "Siete claves del choque del ferri"),
        ("it", "Tre domande sul traghetto di Orlan"),
        ("ru", "Пять фактов о пароме Орлана"),
        ("tr", "5 soruda Orlan feribot kazası"),
        ("ar", "5 أسئلة عن عبارة أورلان"),
    ],
)
def test_lists_and_guides_are_not_plain(lang: str, title: str) -> None:
    assert style_penalty(title, lang) >= PLAIN_BELOW


def choose(*articles: Article) -> str:
    vectors = Vectors("m", np.ones((len(articles), 1), dtype=np.float32))
    return choose_headline_article(articles, vectors).title


def test_title_about_its_own_outlet_is_chosen_only_without_another() -> None:
    own = Article(1, "Ferry captain talks to Lake News about crash", outlet="lakenews")
    teaser = Article(2, "How the Orlan ferry captain caused a crash", outlet="harbour")
    named = Article(3, "Why Lake News asked the captain of the ferry", outlet="harbour")
    assert choose(own, teaser) == teaser.title
    assert choose(own) == own.title
    assert choose(own, named) == own.title  # another outlet names it: it is part of the event


def test_live_page_with_a_plain_title_is_preferred_to_a_question() -> None:
    live = Article(1, f"Orlan live: {EVENT}", outlet="a", type=ArticleType.LIVE)
    question = Article(2, "Who is to blame for the Orlan ferry?", outlet="b")
    report = Article(3, "Orlan ferry damaged after it struck pier", outlet="c")
    assert choose(live, question) == live.title
    assert choose(live, question, report) == report.title
