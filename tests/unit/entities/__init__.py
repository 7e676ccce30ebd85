"""Named entities and the gazetteer."""
