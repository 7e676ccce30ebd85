"""A draft of an article; tests replace the fields that matter to them."""

from datetime import UTC, datetime

from service.domain.articles.entries import Draft

#: Date of the draft.
NOW = datetime(2020, 4, 20, 12, 0, tzinfo=UTC)
DRAFT = Draft(
    url="https://outlet.example/2020/bridge-4711",
    title="Bridge reopens",
    text="The bridge is open.",
    body="",
    author="",
    language="en",
    published=NOW,
    claimed_date=NOW,
    date_flag="ok",
    updated=None,
    categories=(),
    content_hash="",
)
