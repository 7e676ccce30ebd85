"""Written forms of dates: month names of CLDR, time zones, the grammar, and dates in links."""
