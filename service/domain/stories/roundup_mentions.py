"""Stories that a round-up mentions: each of its headlines and sentences is compared with them."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from service.domain.articles import tokenization
from service.domain.articles.model import Article, ArticleId
from service.domain.pairs.vocabulary import Vocabulary, WordCounts, normalise_rows
from service.domain.text.sentences import split_sentences

#: Characters of a round-up's text that are read.
_MAX_CHARACTERS = 6000
#: Lowest cosine of a segment with its story, and the factor by which it exceeds any other story's.
#: Chosen on two days of feeds, so that nearly every detected mention is right.
_MIN_COSINE, _MIN_FACTOR = 0.4, 1.15
#: A segment shares at least three words with the story; each is in a third of the story's articles.
_MIN_SHARED_WORDS, _MIN_SHARE = 3, 1 / 3

#: Signs between headlines in a line.
_HEADLINE_BREAK = re.compile(r"[;▪•·|]|\s[–—-]\s|\.\.\.|…")


@dataclass(frozen=True, slots=True)
class RoundupMention:
    """A story that a round-up mentions, in its headline or sentence `segment`."""

    story: str
    segment: str
    cosine: float


def find_roundup_mentions(
    roundups: Sequence[Article], stories: Mapping[str, Sequence[Article]], vocabulary: Vocabulary
) -> dict[ArticleId, list[RoundupMention]]:
    """Find the stories that each round-up mentions, in order of its text, each story once.

    `stories` maps ids to one or more members; `vocabulary` is that of their window. A segment
    mentions the story with the highest cosine between the segment's TF-IDF row and the mean row of
    the story's titles and leads. It mentions none if the cosine is low, another story is nearly as
    near, or few words are shared: round-ups also mention events that are not stories.
    """
    segments = [(each.id, segment) for each in roundups for segment in split_segments(each)]
    ids = sorted(stories)
    mentions_of: dict[ArticleId, dict[str, RoundupMention]] = {each.id: {} for each in roundups}
    if segments and ids:
        nearest = _nearest_stories(
            [segment for _, segment in segments], [stories[key] for key in ids], vocabulary
        )
        for (article, segment), match in zip(segments, nearest, strict=True):
            if match is not None:
                story, cosine = ids[match[0]], round(match[1], 6)
                mentions_of[article].setdefault(story, RoundupMention(story, segment, cosine))
    return {article: list(mentions.values()) for article, mentions in mentions_of.items()}


def split_segments(roundup: Article) -> list[str]:
    """Split title and text into headlines and sentences, without entities and repetitions."""
    text = html.unescape(f"{roundup.title}\n{roundup.text[:_MAX_CHARACTERS]}")
    parts = (part for each in split_sentences(text) for part in _HEADLINE_BREAK.split(each.text))
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _nearest_stories(
    segments: Sequence[str], stories: Sequence[Sequence[Article]], vocabulary: Vocabulary
) -> Iterator[tuple[int, float] | None]:
    """The story that each segment mentions, by position, and the cosine; None without one."""
    counts = WordCounts.count(
        [
            *(_content_words(tokenization.words(segment)) for segment in segments),
            *(_content_words(tokenization.lead_words(each)) for story in stories for each in story),
        ]
    )
    rows, present = counts.tf_idf(vocabulary), (counts.counts > 0).astype(np.float64)
    mean, split = _mean_of_stories([len(story) for story in stories]), len(segments)
    cosines = (rows[:split] @ normalise_rows(mean @ rows[split:]).T).tocsr()
    typical = ((mean @ present[split:]) >= _MIN_SHARE).astype(np.float64)
    for number in range(split):
        row = cosines[number].toarray().ravel()
        best, *others = np.argsort(-row, kind="stable")[:2].tolist()
        is_clear = row[best] >= _MIN_COSINE and all(
            row[best] >= _MIN_FACTOR * row[other] for other in others
        )
        shared = is_clear and (present[number] @ typical[best].T).sum()
        yield (best, float(row[best])) if shared >= _MIN_SHARED_WORDS else None


def _content_words(words: Iterable[str]) -> Iterator[str]:
    return (word for word in words if word not in tokenization.STOP_WORDS)


def _mean_of_stories(sizes: Sequence[int]) -> csr_matrix:
    """Matrix that averages consecutive rows, shape (stories, members of all stories)."""
    story_of = np.repeat(np.arange(len(sizes)), sizes)
    shares = 1 / np.repeat(np.asarray(sizes, dtype=np.float64), sizes)
    return csr_matrix(
        (shares, (story_of, np.arange(len(story_of)))), shape=(len(sizes), len(story_of))
    )
