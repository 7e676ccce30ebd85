"""Target of a dump: a folder, or a prefix in S3-compatible storage."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import fs

from service.errors import ExportError
from service.errors.redaction import redact_urls

#: Written last; a folder without it is incomplete.
MANIFEST = "manifest.json"


class HashedFile:
    """File for writing that counts and hashes its bytes; pyarrow calls its methods."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Write bytes and return their number."""
        content = bytes(data)
        self._stream.write(content)
        self._hash.update(content)
        self.size += len(content)
        return len(content)

    def flush(self) -> None:
        """Nothing is buffered here."""

    def close(self) -> None:
        """The owner of the stream closes it."""
        self.closed = True

    @property
    def sha256(self) -> str:
        """Digest of all bytes so far, in hexadecimal."""
        return self._hash.hexdigest()


class Storage:
    """Folders of dumps by date, in a local folder or in S3-compatible storage."""

    def __init__(self, target: str) -> None:
        """Open a target: a path, or `s3://BUCKET/PREFIX`, with options of pyarrow as a query.

        Raises:
            ExportError: the target is invalid.
        """
        try:
            if "://" in target:
                self._fs, self._root = fs.FileSystem.from_uri(target)
            else:
                self._fs, self._root = fs.LocalFileSystem(), str(Path(target).absolute())
        except (pa.ArrowException, OSError, ValueError) as error:
            reason = redact_urls(str(error))
            raise ExportError(f"Invalid target {redact_urls(target)}: {reason}") from error

    def is_complete(self, folder: str) -> bool:
        """Whether a folder has a manifest."""
        with _translate_errors():
            return bool(self._fs.get_file_info(self._path(folder, MANIFEST)).is_file)

    def create_folder(self, folder: str) -> None:
        """Create a folder, and delete an old manifest in it."""
        with _translate_errors():
            self._fs.create_dir(self._path(folder), recursive=True)
            if self.is_complete(folder):
                self._fs.delete_file(self._path(folder, MANIFEST))

    @contextmanager
    def open_file(self, folder: str, name: str) -> Iterator[HashedFile]:
        """Open a file for writing; it is complete after the block."""
        with (
            _translate_errors(),
            self._fs.open_output_stream(self._path(folder, name)) as stream,
        ):
            yield HashedFile(stream)

    def write_json(self, folder: str, name: str, content: Any) -> None:
        """Write a JSON file."""
        with self.open_file(folder, name) as file:
            file.write(json.dumps(content, indent=1, ensure_ascii=False).encode())

    def list_folders(self) -> list[str]:
        """The names of all folders, in order."""
        with _translate_errors():
            selector = fs.FileSelector(self._root, allow_not_found=True)
            entries = self._fs.get_file_info(selector)
        return sorted(each.base_name for each in entries if each.type == fs.FileType.Directory)

    def delete_folder(self, folder: str) -> None:
        """Delete a folder with its files."""
        with _translate_errors():
            self._fs.delete_dir(self._path(folder))

    def _path(self, *names: str) -> str:
        return "/".join((self._root.rstrip("/"), *names))


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise ExportError(f"The dump cannot be stored: {error}") from error
