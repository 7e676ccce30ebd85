"""The worked example in `docs/stories.md` matches a real run."""

import pytest
from sqlalchemy import Engine

from tests.support.content.worked_example import PAGE, generate_table


@pytest.mark.slow
def test_page_shows_current_worked_example(engine: Engine):
    table = generate_table(engine)
    hint = "run: .venv/bin/python -m tests.support.content.worked_example"
    assert f"-->\n{table}\n<!--" in PAGE.read_text(encoding="utf-8"), hint
