"""Which stored articles decide where another one belongs: the candidates of place and of match."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.domain.text.spans import around
from service.store.articles import articles
from service.store.stories import stories

#: Words by which later articles may find one.
KEYS = 24
#: Of these, how many an article looks others up by: its rarest.
LOOKED_UP = 8


def sharers(
    session: Session, words: Sequence[int], at: datetime, *, reach: timedelta, limit: int
) -> set[int]:
    """Articles within reach of a moment that share one of an article's rarest words."""
    return articles.sharing_words(
        session, words[:LOOKED_UP], start=at - reach, end=at + reach, limit=limit
    )


def members_within(
    session: Session,
    story_ids: Collection[str],
    moments: Iterable[datetime],
    *,
    reach: timedelta,
) -> set[int]:
    """The members of some stories that were reported within reach of some moments."""
    members = {key for ids in stories.members(session, story_ids).values() for key in ids}
    spans = around(moments, reach)
    dated = articles.reported_at(session, members)
    return {key for key, at in dated.items() if any(a <= at <= b for a, b in spans)}
