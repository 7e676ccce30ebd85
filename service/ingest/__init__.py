"""From a feed's URL to drafts of articles: fetch, parse, admit."""
