"""Units and dimensions of counts."""

from enum import StrEnum


class Unit(StrEnum):
    """Unit of a count: articles, stories, or articles that certainly were the first report."""

    ARTICLES = "articles"
    STORIES = "stories"
    FIRST_REPORTS = "first_reports"


class Dimension(StrEnum):
    """Property by which counts are grouped."""

    OUTLET = "outlet"
    FAMILY = "family"
    COUNTRY = "country"
    LANGUAGE = "language"
    TYPE = "type"
    STORYLINE = "storyline"
    ENTITY = "entity"
