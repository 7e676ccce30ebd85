"""Passes of the library `reader`, run by its own Python: `reader_passes.py URLS CONNECTIONS`.

Imports nothing of this project. Prints the seconds of the first and of an unchanged pass, and the
URLs of the feeds without an error.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from reader import make_reader  # type: ignore[import-not-found,unused-ignore]  # optional


def main() -> None:
    """Update all feeds twice in a new database."""
    urls, connections = json.loads(Path(sys.argv[1]).read_text()), int(sys.argv[2])
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        reader = make_reader(f"{folder}/reader.sqlite")
        for url in urls:
            reader.add_feed(url)
        for _ in range(2):
            started = time.perf_counter()
            reader.update_feeds(workers=connections, scheduled=False)
            seconds.append(time.perf_counter() - started)
        readable = [feed.url for feed in reader.get_feeds() if not feed.last_exception]
        entries = reader.get_entry_counts().total
        reader.close()
    sys.stdout.write(json.dumps([seconds, readable, entries]))


if __name__ == "__main__":
    main()
