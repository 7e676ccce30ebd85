"""Text rules: dates, markup, sentences, suffixes, addresses."""
