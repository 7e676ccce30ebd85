"""API of stories: lists, parts, paging, the past, changes."""
