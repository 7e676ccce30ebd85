"""Values of the fields of the desk's forms."""

from urllib.parse import unquote, urlsplit

from service.errors import BadInputError


def local_path(text: str) -> str:
    """A path of the desk, or `/desk` for any other text."""
    is_desk = text == "/desk" or text.startswith(("/desk/", "/desk?"))
    return text if is_desk and text.isprintable() else "/desk"


def parse_story(text: str) -> str:
    """Read the id of a story from an id or from the address of its page.

    Raises:
        BadInputError: the text is empty, or an address without a story.
    """
    if "/" not in text:
        if not text:
            raise BadInputError("No story: enter the id of a story or the address of its page")
        return text
    parts = urlsplit(text).path.split("/")
    if "stories" not in parts[:-1] or not (story_id := parts[parts.index("stories") + 1]):
        raise BadInputError(f"Invalid story {text[:80]!r}: expected an id or /stories/ID")
    return unquote(story_id)
