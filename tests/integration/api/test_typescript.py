"""TypeScript types of the OpenAPI document compile, also in a program that uses them."""

from pathlib import Path

import pytest

from tests.support import typescript


def test_generated_types_compile_in_a_typed_program(tmp_path: Path) -> None:
    if reason := typescript.missing_tool():
        pytest.skip(reason)
    types = typescript.generate(tmp_path)
    program = typescript.PACKAGE / "example.ts"
    assert typescript.compile_with(types, program) == ""
    # The test can fail: a program that uses a field that does not exist does not compile.
    broken = tmp_path / "broken.ts"
    broken.write_text(program.read_text().replace("result.article.title", "result.article.titel"))
    (tmp_path / "other").mkdir()
    types.rename(tmp_path / "other" / types.name)
    errors = typescript.compile_with(tmp_path / "other" / types.name, broken)
    assert "'titel' does not exist" in errors
