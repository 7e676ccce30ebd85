"""Cards of an edition: each event gets one card, and a storyline gets a few."""

from collections.abc import Sequence

from service.domain.subscribers.digests.stories import DigestStory

#: Stories whose headline words overlap this much (Jaccard) share one card.
_MIN_WORD_OVERLAP = 0.5
#: Maximum cards of one storyline in an edition; its other stories are links below them.
_MAX_STORYLINE_CARDS = 3
#: Maximum links below a card to stories of other events.
_MAX_RELATED = 2
#: Related stories are searched among this many times the section's size.
_RELATED_SEARCH_FACTOR = 4


class CardAssignment:
    """Assigns stories to sections so that related stories share one card."""

    def __init__(self) -> None:
        self._taken: list[DigestStory] = []
        self._related: dict[str, list[DigestStory]] = {}

    def take(
        self, stories: Sequence[DigestStory], limit: int, *, first: Sequence[DigestStory] = ()
    ) -> list[DigestStory]:
        """Take the first `limit` stories without a card; attach duplicates to existing cards.

        `first`, which are among `stories`, are taken before the others. So they are in the result,
        unless they belong to the card of another story. The result has the order of `stories`.
        """
        chosen: set[str] = set()
        before = {each.id for each in first}
        order = [*first, *(each for each in stories if each.id not in before)]
        for position, story in enumerate(order):
            if len(chosen) == limit and position >= _RELATED_SEARCH_FACTOR * limit:
                break
            if other := self._duplicate_of(story):
                if other is not story and story not in (related := self._related[other.id]):
                    related.append(story)
            elif len(chosen) < limit:
                chosen.add(story.id)
                self._taken.append(story)
                self._related[story.id] = []
        return [each for each in stories if each.id in chosen]

    def related(self, story: DigestStory) -> list[DigestStory]:
        """The stories linked below the card of `story`."""
        return self._related[story.id][:_MAX_RELATED]

    def _duplicate_of(self, story: DigestStory) -> DigestStory | None:
        for other in self._taken:
            if story.id == other.id:
                return other
            if _have_similar_headlines(story, other):
                return other
        line = [
            each for each in self._taken if story.storyline and each.storyline == story.storyline
        ]
        return line[0] if len(line) >= _MAX_STORYLINE_CARDS else None


def _have_similar_headlines(one: DigestStory, other: DigestStory) -> bool:
    """Whether two headlines share their words, and one has no name that the other story lacks.

    Two headlines such as "Quake hits Chile" and "Quake hits Peru" report two events.
    """
    if one.headline_words.isdisjoint(other.headline_words):
        return False
    shared = len(one.headline_words & other.headline_words)
    total = len(one.headline_words) + len(other.headline_words) - shared
    if shared < _MIN_WORD_OVERLAP * total:
        return False
    ours, theirs = one.headline_names, other.headline_names
    return ours <= other.title_words or theirs <= one.title_words
