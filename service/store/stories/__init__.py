"""Stories as jobs write them: memberships, transitions, versions, descriptions, vocabularies.

Read queries for API and pages belong in `store.story_views`, editors' decisions in `store.editing`.
"""
