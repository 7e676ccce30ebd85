"""Article rules: entries, ids, copies."""
