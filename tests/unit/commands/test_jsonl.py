import gzip
import io
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.commands.research import jsonl
from service.errors import BadInputError, BadLineError


def write_rows(folder: Path, *rows: Any) -> str:
    path = folder / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_article_is_read_with_all_its_keys(tmp_path: Path) -> None:
    row = {"id": 7, "title": "T", "text": "x", "outlet": "o", "url": "u", "lang": "en"}
    path = write_rows(tmp_path, row | {"published": "2023-04-25T10:00:00+02:00", "story": "label"})
    (article,) = jsonl.read_articles(path)
    assert (article.id, article.title, article.outlet) == (7, "T", "o")
    assert article.published == datetime(2023, 4, 25, 8, tzinfo=UTC)
    assert "label" not in repr(article)


def test_type_of_a_line_takes_precedence_over_the_rule(tmp_path: Path) -> None:
    row = {"title": "T", "url": "https://a.example/opinion/t"}
    path = write_rows(tmp_path, row | {"id": 1}, row | {"id": 2, "type": "live"})
    assert [each.type for each in jsonl.read_articles(path)] == ["opinion", "live"]
    path = write_rows(tmp_path, row | {"id": 1, "type": "gossip"})
    with pytest.raises(BadLineError, match="type must be one of report, live"):
        jsonl.read_articles(path)


def test_null_counts_as_missing(tmp_path: Path) -> None:
    path = write_rows(tmp_path, {"id": "a", "title": "", "text": None, "published": None})
    (article,) = jsonl.read_articles(path)
    assert (article.text, article.published) == ("", None)


@pytest.mark.parametrize("date", ["soon", "1970-01-01", 17, "2023-13-45", ""])
def test_invalid_date_is_dropped(tmp_path: Path, date: object) -> None:
    (article,) = jsonl.read_articles(
        write_rows(tmp_path, {"id": 1, "title": "T", "published": date})
    )
    assert article.published is None


def test_now_can_be_the_latest_timestamp(tmp_path: Path) -> None:
    path = write_rows(tmp_path, {"id": 1, "title": "T", "published": "2023-04-25"})
    (article,) = jsonl.read_articles(path, now=datetime.max.replace(tzinfo=UTC))
    assert article.published is not None


def test_dates_after_now_are_dropped(tmp_path: Path) -> None:
    path = write_rows(tmp_path, {"id": 1, "title": "T", "published": "2023-04-25"})
    (article,) = jsonl.read_articles(path, now=datetime(2023, 4, 1, tzinfo=UTC))
    assert article.published is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not an object"),
        (b"\xff", "not UTF-8"),
        (b'{"title": "T"}', "id must be"),
        (b'{"id": true, "title": "T"}', "id must be"),
        (b'{"id": 1.5, "title": "T"}', "id must be"),
        (b'{"id": 2}', "title is missing"),
        (b'{"id": 2, "title": null}', "title must be a string"),
        (b'{"id": 2, "title": "T", "text": 5}', "text must be a string"),
        (b'{"id": 1, "title": "T"}', "repeated from line 1"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"id": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"id": NaN, "title": "T"}', "id must be"),
        (b'{"id": 2,}', "not JSON: Expecting .* at character"),
    ],
)
def test_malformed_line_raises_bad_line_error(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'{"id": 1, "title": "T"}\n\n' + line + b"\n")
    with pytest.raises(BadLineError, match=reason) as caught:
        jsonl.read_articles(str(path))
    assert caught.value.line == 3
    assert "line 3" in str(caught.value)


def test_unpaired_surrogate_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": 1, "title": "a\\ud83d"}\n')
    assert jsonl.read_articles(str(path))[0].title == "a?"


def test_unicode_line_separators_do_not_end_a_line(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes('{"id": 1, "title": "a\u2028b\x85c"}\r\n'.encode())
    assert jsonl.read_articles(str(path))[0].title == "a\u2028b\x85c"


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n \n"])
def test_file_without_lines_has_no_articles(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(content)
    assert jsonl.read_articles(str(path)) == []


def test_byte_order_mark_and_carriage_returns_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": 1,\r "title": "T"}\r\n{"id": 2, "title": "U"}\r\n')
    assert [article.title for article in jsonl.read_articles(str(path))] == ["T", "U"]


def test_gzipped_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": 1, "title": "T"}\n'))
    assert len(jsonl.read_articles(str(path))) == 1


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"x" * 99, mtime=0)[:-9]])
def test_broken_gzip_raises_bad_input_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match="Cannot read"):
        jsonl.read_lines(str(path))


def test_missing_file_raises_bad_input_error(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="No such file"):
        jsonl.read_lines(str(tmp_path / "none.jsonl"))


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b'{"id": 1, "title": "T"}\n'))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert len(jsonl.read_articles("-")) == 1


def test_labels_need_a_story(tmp_path: Path) -> None:
    path = write_rows(tmp_path, {"id": 1, "story": "s"}, {"id": 2})
    with pytest.raises(BadLineError, match="story is missing"):
        jsonl.read_labels(path, jsonl.read_lines(path))


def test_labels_are_strings_or_integers_with_unique_ids(tmp_path: Path) -> None:
    path = write_rows(tmp_path, {"id": 1, "story": 5}, {"id": "1", "story": "5"})
    assert jsonl.read_labels(path, jsonl.read_lines(path)) == {1: 5, "1": "5"}
    path = write_rows(tmp_path, {"id": 1, "story": True})
    with pytest.raises(BadLineError, match="story must be a string"):
        jsonl.read_labels(path, jsonl.read_lines(path))
    path = write_rows(tmp_path, {"id": 1, "story": "a"}, {"id": 1, "story": "b"})
    with pytest.raises(BadLineError, match="repeated from line 1"):
        jsonl.read_labels(path, jsonl.read_lines(path))


def test_ids_round_trip(tmp_path: Path) -> None:
    keys = [1, "1", 10**400, "a\ud83d", "\u0000", "é"]
    path = write_rows(tmp_path, *({"id": key, "title": "T"} for key in keys))
    out = tmp_path / "out.jsonl"
    jsonl.write_lines(str(out), ({"id": each.id} for each in jsonl.read_articles(path)))
    assert [json.loads(line)["id"] for line in out.read_text("utf-8").splitlines()] == keys


def test_written_file_keeps_permissions_and_links(tmp_path: Path) -> None:
    target, link = tmp_path / "out", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    jsonl.write_lines(str(link), [{"id": 1}])
    assert link.is_symlink()
    assert target.read_text() == '{"id": 1}\n'
    assert target.stat().st_mode & 0o777 == 0o600


def test_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_text)
        jsonl.write_lines(str(pipe), [{"id": 1}])
        assert read.result(timeout=10) == '{"id": 1}\n'
    assert pipe.is_fifo()
    jsonl.require_writable(str(pipe))


def test_require_writable_rejects_folders(tmp_path: Path) -> None:
    jsonl.require_writable("-")
    jsonl.require_writable(str(tmp_path / "new"))
    with pytest.raises(BadInputError, match="it is a folder"):
        jsonl.require_writable(str(tmp_path))
    with pytest.raises(BadInputError, match="does not exist"):
        jsonl.require_writable(str(tmp_path / "none" / "out"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_require_writable_rejects_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(BadInputError, match="Permission denied"):
        jsonl.require_writable(str(tmp_path / "out"))


def test_file_is_written_atomically(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    jsonl.write_lines(str(path), [{"id": "é"}])
    assert path.read_text(encoding="utf-8") == '{"id": "é"}\n'
    assert list(tmp_path.iterdir()) == [path]


def test_failed_write_leaves_no_files(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.mkdir()
    with pytest.raises(BadInputError, match="Cannot write"):
        jsonl.replace_file(path, b"x")
    assert list(tmp_path.iterdir()) == [path]


def test_standard_output_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    jsonl.write_lines("-", [{"id": 1}])
    assert capsys.readouterr().out == '{"id": 1}\n'
