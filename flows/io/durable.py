"""The only place that changes the disk: whole or absent, and still there after a power loss.

Every step is a function of its own, so that the fault tests can fail each of them in turn.
"""

import contextlib
import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

NO_LINKS = frozenset({errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK})
"""How a disk says that it cannot give a file a second name."""
_NUMBER = re.compile(r"\(os error (\d+)\)")
"""As libraries in Rust give the number of an error of the system."""


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Errors of the disk name the file and bear their number, which those of a write or a sync do not by themselves."""
    try:
        yield
    except OSError as problem:
        number = problem.errno or error_number(problem)
        if problem.filename is not None or not number:
            raise
        raise OSError(number, os.strerror(number), str(path)) from problem


def error_number(problem: Exception) -> int:
    """The number that the system gave an error, as far as its message tells; 0 where it does not."""
    found = _NUMBER.search(str(problem))
    return int(found[1]) if found else 0


def sync_file(path: Path) -> None:
    """Bring the bytes of a file to the disk; nothing else promises that they survive a power loss."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with naming(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk."""
    sync_file(path)


def move(source: Path, target: Path) -> None:
    """Rename, replacing a file or link of that name at once."""
    os.replace(source, target)  # noqa: PTH105 -- named as the system call it is


def link(source: Path, target: Path) -> None:
    """A second name for the same bytes."""
    target.hardlink_to(source)


def copy(source: Path, target: Path) -> None:
    """The same bytes at another place: a second name, or twice where the disk knows no links (a share of Windows)."""
    try:
        link(source, target)
    except OSError as problem:
        if problem.errno not in NO_LINKS:
            raise
        shutil.copyfile(source, target)


def remove(path: Path) -> None:
    """Remove a file or a whole folder; nothing happens when it is not there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def folder(path: Path) -> Path:
    """The folder, made with its parents where needed."""
    if not path.is_dir():
        folder(path.parent)
        with contextlib.suppress(FileExistsError):
            path.mkdir()
        sync_folder(path.parent)
    return path


def draft_name(path: Path) -> Path:
    """The name under which a file is written before it is whole; readers never look at such names."""
    return path.with_name(f".{path.name}.part")


def put(path: Path, write: Callable[[Path], None], *, is_lasting: bool = True) -> None:
    """One file, whole or absent: `write` fills a draft beside it, which then takes its name.

    `is_lasting` is false for what can be made again and is proven before it is read: after a power loss it may be gone.
    """
    draft = draft_name(path)
    remove(draft)
    with naming(path):
        write(draft)
        if is_lasting:
            sync_file(draft)
        move(draft, path)
        if is_lasting:
            sync_folder(path.parent)


def put_bytes(path: Path, content: bytes, *, mode: int = 0o644, is_lasting: bool = True) -> None:
    """One file with this content, whole or absent."""

    def write(draft: Path) -> None:
        draft.touch(mode=mode, exist_ok=False)
        draft.write_bytes(content)

    put(path, write, is_lasting=is_lasting)


def put_link(path: Path, target: str) -> None:
    """A symbolic link, swapped at once where one is already there."""
    draft = draft_name(path)
    remove(draft)
    draft.symlink_to(target)
    move(draft, path)
    sync_folder(path.parent)


def put_same(path: Path, *, as_in: Path) -> None:
    """The file at `path` replaced by a second name for `as_in`, which holds the same bytes."""
    draft = draft_name(path)
    remove(draft)
    link(as_in, draft)
    try:
        move(draft, path)
    except OSError:
        remove(draft)  # the caller may go on with the bytes twice: no reader shall find a third
        raise


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb", buffering=0) as stream:  # a buffer between takes half as long again
        return hashlib.file_digest(stream, "sha256").hexdigest()
