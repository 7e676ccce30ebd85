"""Tags of the routes: one for each task, in the order of the documentation."""

#: Name of each tag, and the task.
TAGS = {
    "stories": "List and read stories.",
    "search": "Search stories and articles, and find the story of a text.",
    "changes": "Follow the changes of all stories, as pages or as a stream.",
    "outgoing feeds": "Follow stories in a feed reader: Atom, RSS and JSON Feed.",
    "queries": "Save queries for lists, feeds, alerts and webhooks. Writing needs the role "
    "`editor`.",
    "storylines": "Read storylines: stories of one saga.",
    "articles": "List and read articles.",
    "counts": "Count articles, stories and first reports over time and by outlet, country and more.",
    "entities": "Look up people, places and organisations.",
    "export": "Download whole lists as JSON lines or CSV.",
    "outlets": "List outlets with their statistics, and override their data.",
    "editing": "Correct stories with decisions, and undo decisions. Needs the role `editor`.",
    "feeds": "List feeds with their health. Adding and changing a feed needs the role `admin`.",
    "subscribers": "Manage subscribers of the digest and their alerts. Needs the role `admin`.",
    "webhooks": "Manage webhooks. Needs the role `admin`.",
    "keys": "Manage API keys. Needs the role `admin`.",
    "runs": "List the runs of the jobs.",
    "health": "Check the service, and read its metrics.",
}
