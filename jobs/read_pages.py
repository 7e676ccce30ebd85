"""Job `read_pages`: read the pages of new articles, for feeds with full text."""

import re
from collections import Counter
from datetime import timedelta
from urllib.parse import urlsplit

from jobs.running.context import Context, Counts
from service.ingest.detect_language import resolve_language
from service.ingest.pages.read import PageOutcome
from service.ingest.pages.read import read_pages as read
from service.store.articles import pages
from service.store.articles.pages import ReadPage, UnreadPage
from service.store.database import locks
from service.store.editing import story_edits
from service.store.identity import admission
from service.store.stories import apply_plan, stories

#: Hosts of one site for different devices.
_VARIANT = re.compile(r"^(?:www|m|mobile|amp)\.")


def read_pages(context: Context) -> Counts:
    """Read the pages that are due; a page that cannot be read is recorded on its article."""
    settings, total = context.settings.pages, Counter[str]()
    while not context.stop_requested():
        now = context.clock()
        with context.sessions.begin() as session:
            unread = pages.find_unread(
                session,
                now=now,
                max_age=timedelta(hours=settings.max_age_hours),
                limit=settings.batch,
            )
        if not unread:
            break
        outcomes = read([each.url for each in unread], context.settings)
        with context.sessions.begin() as session:
            locks.lock_until_commit(session, apply_plan.LOCK)
            locks.lock_until_commit(session, admission.LOCK)  # pages may correct links
            changed = [
                each.article_id
                for each, outcome in zip(unread, outcomes, strict=True)
                if pages.save(session, each, _to_read_page(each, outcome), now=now)
            ]
            story_of = stories.story_of(session, changed)
            story_edits.mark_undescribed(session, set(story_of.values()))
        total.update(outcome.page.outcome for outcome in outcomes)
        context.progress("read_pages", total.total(), total.total())
    return total


def _to_read_page(unread: UnreadPage, outcome: PageOutcome) -> ReadPage:
    """Return the content to store, without a text that is shorter than the text of the entry."""
    page = outcome.page
    text = page.text if len(page.text) > len(unread.text) else ""
    link = page.canonical if _is_same_article(page.canonical, unread.url) else ""
    language = (
        resolve_language(page.language.replace("_", "-").lower(), unread.title, page.text)
        if page.language and page.text
        else ""
    )
    return ReadPage(
        text=text,
        outcome=page.outcome,
        detail=page.detail,
        temporary=outcome.temporary,
        canonical_link=link,
        language=language,
    )


def _is_same_article(canonical: str, url: str) -> bool:
    """Whether a canonical link may be that of the article: same site, and not its home page."""
    if not canonical:
        return False
    one, other = urlsplit(canonical), urlsplit(url)
    hosts = [_VARIANT.sub("", each.hostname or "") for each in (one, other)]
    return hosts[0] == hosts[1] and bool(one.path.strip("/") or one.query)
