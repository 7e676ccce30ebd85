"""Order of the front page: blocks of storylines, the lead, rows without gaps."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from service.store.counts.silent_outlets import SilentCount
from service.store.story_views.views import StorylineName, StoryView
from service.web.rendering.front_page.cards import Card, build_card
from service.web.rendering.reader_clock import ReaderClock

#: Independent outlets of a lead, and the longest time between its last report and the latest one.
MIN_LEAD, LEAD_SPAN = 3, timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Block:
    """Cards that are shown together: one story, or the listed stories of one storyline."""

    storyline: StorylineName | None  #: None for a block of one story
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Front:
    """The stories of a page: blocks of stories of several outlets, then stories of one outlet."""

    blocks: tuple[Block, ...]
    single: tuple[Card, ...]
    has_lead: bool = False  #: the first block is the lead

    @property
    def cards(self) -> tuple[Card, ...]:
        return (*(card for block in self.blocks for card in block.cards), *self.single)

    @property
    def latest(self) -> datetime | None:
        """Time of the latest report whose date is known."""
        dated = (card.story.last_reported_at for card in self.cards if card.story.dated)
        return max(dated, default=None)

    def by_day(self, clock: ReaderClock) -> list[tuple[str, tuple[Block, ...]]]:
        """The blocks with the day of their latest report, consecutive ones of a day together."""

        def day(block: Block) -> str:
            return clock.weekday(block.cards[0].story.last_reported_at)

        return [(name, tuple(blocks)) for name, blocks in groupby(self.blocks, day)]

    @property
    def new_stories(self) -> int:
        return sum(card.is_new for card in self.cards)

    @property
    def new_reports(self) -> int:
        return sum(card.new_reports for card in self.cards)


def arrange_front(
    stories: Sequence[StoryView],
    *,
    now: datetime,
    last_visit: datetime | None = None,
    languages: Collection[str] = (),
    by_storyline: bool = True,
    has_lead: bool = False,
    silent: Mapping[str, SilentCount] | None = None,
) -> Front:
    """Arrange a page of stories; `languages` are preferred for headlines.

    `silent` are the active outlets without a report, by story.

    With `by_storyline`, the stories of a storyline, including those of one outlet, are together at
    the position of the first one. Pinned stories come before the others.
    """
    cards = [
        build_card(
            each,
            now=now,
            last_visit=last_visit,
            languages=languages,
            silent=(silent or {}).get(each.id),
        )
        for each in stories
    ]
    lines = {_storyline_group(card) for card in cards if card.story.coverage > 1} - {None}
    single = tuple(
        card
        for card in cards
        if card.story.coverage <= 1
        and not card.story.pinned
        and not (by_storyline and _storyline_group(card) in lines)
    )
    together: dict[Hashable, list[Card]] = {}
    for number, card in enumerate(cards):
        if card not in single:
            group = _storyline_group(card) if by_storyline else None
            together.setdefault(group or number, []).append(card)
    blocks = [
        Block(members[0].story.storyline if len(members) > 1 else None, tuple(members))
        for members in together.values()
    ]
    if has_lead:
        blocks = _move_lead_first(blocks)
    return Front(tuple(_fill_rows(blocks, has_lead=has_lead)), single, has_lead)


def _move_lead_first(blocks: Sequence[Block]) -> list[Block]:
    """Put the first block in front whose first story is pinned, or recent with enough outlets."""
    times = [block.cards[0].story.last_reported_at for block in blocks]
    for number, block in enumerate(blocks):
        story = block.cards[0].story
        is_recent = max(times) - story.last_reported_at <= LEAD_SPAN
        if story.pinned or (is_recent and story.independent >= MIN_LEAD):
            return [block, *blocks[:number], *blocks[number + 1 :]]
    return list(blocks)


def _fill_rows(blocks: Sequence[Block], *, has_lead: bool) -> list[Block]:
    """Move a story before a storyline if there would be a gap beside the story before it.

    The lead and a storyline fill a row, a story half of one. Without the move, wide screens would
    fill the gap with a later story, and show another order than narrow screens.
    """
    arranged, waiting = list(blocks[:has_lead]), list(blocks[has_lead:])
    half = False
    while waiting:
        number = 0
        if half and _fills_row(waiting[0]):
            number = next((n for n, each in enumerate(waiting) if not _fills_row(each)), 0)
        block = waiting.pop(number)
        half = not half and not _fills_row(block)
        arranged.append(block)
    return arranged


def _fills_row(block: Block) -> bool:
    return block.storyline is not None


def _storyline_group(card: Card) -> tuple[bool, str] | None:
    storyline = card.story.storyline
    return (card.story.pinned, storyline.id) if storyline else None
