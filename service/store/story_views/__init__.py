"""Read queries on stories for the API, pages and emails.

Functions take a session, write nothing, return frozen values and run a constant number of
statements. Writing stories belongs in `store.stories`.
"""
