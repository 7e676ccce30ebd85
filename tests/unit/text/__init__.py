"""Text rules: dates, URLs, markup, sentences, codes, suffixes, addresses."""
