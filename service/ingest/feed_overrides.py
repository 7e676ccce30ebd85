"""Changes of the overrides of a feed, for the command line and the API."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.catalogue.feed_overrides import FeedOverrides, check_overrides
from service.ingest.parsing.charset import parse_charset
from service.store.catalogue import feeds


def change_overrides(
    session: Session, feed_id: int, changes: Mapping[str, str | float | None], *, now: datetime
) -> FeedOverrides:
    """Change the named overrides of a feed, and return all of them.

    None, an empty text and the interval 0 remove an override. The charset is stored as the name of
    its codec.

    Raises:
        BadInputError: a value is invalid.
        NotFoundError: there is no feed with this id.
    """
    values = asdict(feeds.get_overrides(feeds.get_feed(session, feed_id)))
    values |= {name: value or None for name, value in changes.items()}
    if values["charset"] is not None:
        values["charset"] = parse_charset(values["charset"])
    overrides = FeedOverrides(**values)
    check_overrides(overrides)
    feeds.set_overrides(session, feed_id, overrides, now=now)
    return overrides
