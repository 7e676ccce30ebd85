"""Items of story lists as JSON, shared by all lists until the story changes.

Lists with different filters mostly have the same stories. Loading and converting their members
takes three quarters of the CPU time of a list.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from pydantic_core import to_json
from sqlalchemy.orm import Session

from service.store.story_views import views
from service.store.story_views.fingerprints import Fingerprint
from service.web.rendering.story_items import story_item

#: Estimated memory of an entry besides its JSON, in bytes.
ENTRY_OVERHEAD = 300


class StoryItemCache:
    """JSON of `StoryOut` by story; keeps the most recently used ones, up to `max_bytes`.

    An entry is used only if the fingerprint of its story is unchanged. Safe for several threads.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size = 0
        self._items: OrderedDict[str, tuple[int, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, session: Session, stories: Sequence[Fingerprint]) -> list[bytes]:
        """Return the items of stories in order; two statements if some are not cached.

        The snapshot of the session must be that of the fingerprints.
        """
        items = self._find(stories)
        missing = [each for each in stories if each.story_id not in items]
        loaded = views.get_stories(session, [each.story_id for each in missing])
        for each in missing:
            items[each.story_id] = item = to_json(story_item(loaded[each.story_id]))
            self._store(each, item)
        return [items[each.story_id] for each in stories]

    def _find(self, stories: Sequence[Fingerprint]) -> dict[str, bytes]:
        found = {}
        with self._lock:
            for each in stories:
                stored = self._items.get(each.story_id)
                if stored and stored[0] == each.hash:
                    self._items.move_to_end(each.story_id)
                    found[each.story_id] = stored[1]
        return found

    def _store(self, story: Fingerprint, item: bytes) -> None:
        with self._lock:
            if former := self._items.pop(story.story_id, None):
                self._size -= len(former[1]) + ENTRY_OVERHEAD
            self._items[story.story_id] = story.hash, item
            self._size += len(item) + ENTRY_OVERHEAD
            while self._size > self._max_bytes:
                _, (_, evicted) = self._items.popitem(last=False)
                self._size -= len(evicted) + ENTRY_OVERHEAD
