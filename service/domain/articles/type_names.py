"""Names of article types in files, commands and requests."""

from service.domain.articles.article_types import ArticleType
from service.errors import BadInputError


def parse_type(text: str) -> ArticleType:
    """Return the type with this name, ignoring case.

    Raises:
        BadInputError: there is no such type.
    """
    try:
        return ArticleType(text.strip().lower())
    except ValueError:
        raise BadInputError(f"Invalid type {text!r}: use one of {', '.join(ArticleType)}") from None
