"""The worked example in the docs is what really happens."""

import pytest
from sqlalchemy import Engine

from tests.support.content.worked_example import PAGE, tell


@pytest.mark.slow
def test_the_story_of_the_docs_grows_as_they_tell(engine: Engine):
    told = tell(engine)
    again = "run: .venv/bin/python -m tests.support.content.worked_example"
    assert f"-->\n{told}\n<!--" in PAGE.read_text(encoding="utf-8"), again
