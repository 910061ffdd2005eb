"""A bucket (S3 API): raw exports are fetched into a local folder, and published runs are put up for readers.

The bytes of an export are read from the local copy, never over the network: what is fingerprinted is what is read.
The library retries what a network may mend, a bounded number of times; what remains comes as an `OSError`.
"""

import fnmatch
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from flows.errors import PlainError
from flows.io import durable
from flows.io.publish import as_json
from flows.places import Bucket

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem

TRIES = 5
ANSWER_S = 60
AT_ONCE = 8
BLOCK_BYTES = 4 << 20
ACCOUNT = ".landed.json"
TYPES = {".html": "text/html; charset=utf-8", ".json": "application/json"}


class Unreachable(PlainError):  # noqa: N818 -- read aloud where it is caught
    """The bucket of the raw exports does not give what a run needs."""


@dataclass(frozen=True)
class Objects:
    """The objects below a place in a bucket, by their names there."""

    place: Bucket
    store: "S3FileSystem"

    @classmethod
    def of(cls, place: Bucket) -> "Objects":
        """The objects of a place; who may read and write them is in the environment."""
        from pyarrow import fs  # noqa: PLC0415

        options = {"endpoint_override": place.endpoint, "region": place.region}
        store = fs.S3FileSystem(
            **{name: value for name, value in options.items() if value},
            connect_timeout=ANSWER_S / 6,
            request_timeout=ANSWER_S,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=TRIES),
        )
        return cls(place, store)

    def sizes(self, below: str = "") -> dict[str, int]:
        """Bytes by name, of everything below a name."""
        from pyarrow import fs  # noqa: PLC0415

        start = self._path(below)
        found = self.store.get_file_info(fs.FileSelector(start, recursive=True, allow_not_found=True))
        return {it.path.removeprefix(f"{start}/"): it.size for it in found if it.type == fs.FileType.File}

    def folders(self, below: str) -> list[str]:
        """The names right below a name that have more below them."""
        from pyarrow import fs  # noqa: PLC0415

        found = self.store.get_file_info(fs.FileSelector(self._path(below), allow_not_found=True))
        return sorted(it.base_name for it in found if it.type == fs.FileType.Directory)

    def content(self, name: str) -> bytes | None:
        """The bytes of a small object; None where it is not there."""
        try:
            with self.store.open_input_file(self._path(name)) as source:
                return bytes(source.read())
        except FileNotFoundError:
            return None

    def etag(self, name: str) -> str:
        """What changes whenever the object does."""
        with self.store.open_input_file(self._path(name)) as source:
            return _etag(source)

    def fetch(self, name: str, path: Path) -> dict[str, Any]:
        """A whole object into a file, all of it of one version; its account."""
        for _ in range(TRIES):
            with self.store.open_input_file(self._path(name)) as source:
                etag, size = _etag(source), source.size()

                def write(draft: Path, source: Any = source) -> None:  # noqa: ANN401 -- a stream of an untyped library
                    with draft.open("wb") as target:
                        while block := source.read(BLOCK_BYTES):
                            target.write(block)

                durable.folder(path.parent)
                durable.put(path, write)
            if path.stat().st_size == size and self.etag(name) == etag:
                return {"etag": etag, "bytes": size}
        durable.remove(path)
        raise Unreachable(
            f"{self.place}/{name}: looked for one version of it, it was replaced {TRIES} times while it was fetched. "
            "Run again when its delivery is over."
        )

    def put(self, name: str, content: bytes) -> None:
        """A small object, whole or as it was."""
        with self.store.open_output_stream(self._path(name), metadata=_type_of(name)) as target:
            target.write(content)

    def put_file(self, name: str, path: Path) -> str:
        """An object with the bytes of a file; their SHA-256, so that the caller knows what it put there."""
        found = hashlib.sha256()
        with path.open("rb") as source, self.store.open_output_stream(self._path(name), metadata=_type_of(name)) as out:
            while block := source.read(BLOCK_BYTES):
                found.update(block)
                out.write(block)
        return found.hexdigest()

    def copy(self, source: str, target: str) -> None:
        """A second object with the same bytes, which do not travel."""
        self.store.copy_file(self._path(source), self._path(target))

    def remove_below(self, name: str) -> None:
        """Remove everything below a name."""
        self.store.delete_dir(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self.place.root}/{name}".rstrip("/")


def land(place: Bucket, folder: Path, patterns: Iterable[str]) -> None:
    """Bring the local copy up to the objects that fit: changed ones are fetched once, vanished ones go here as well.

    An object is known by its ETag and size. Nothing is removed where nothing at all is found: that is a wrong address.
    """
    wanted = list(patterns)
    try:
        objects = Objects.of(place)
        there = objects.sizes()
        names = sorted(name for name in there if any(_fits(name, pattern) for pattern in wanted))
        if not names:
            raise _empty(place, wanted, there)
        known = _account(folder)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            landed = dict(zip(names, pool.map(lambda name: _landed(objects, folder, name, known), names), strict=True))
    except OSError as problem:
        raise Unreachable(
            f"{place}: looked for {', '.join(wanted)}, the store does not give them: {problem}. Nothing was changed. "
            "Look at the address, at AWS_ENDPOINT_URL and at the rights of the key in the environment, and run again."
        ) from problem
    for path in sorted(it for it in folder.rglob("*") if it.is_file() and it.name != ACCOUNT):
        if path.relative_to(folder).as_posix() not in landed:
            durable.remove(path)
    if landed != known:
        durable.put_bytes(folder / ACCOUNT, as_json(landed))


def _landed(objects: Objects, folder: Path, name: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """The account of one object, which is fetched unless these very bytes are here."""
    path, was = folder / name, known.get(name)
    if was and path.is_file() and path.stat().st_size == was["bytes"] and objects.etag(name) == was["etag"]:
        return dict(was)
    return objects.fetch(name, path)


def _fits(name: str, pattern: str) -> bool:
    """Whether an object is a file of an export: as a file of the raw folder would be."""
    parts, asked = name.split("/"), PurePosixPath(pattern).parts
    if any(part in {"", ".", ".."} or "\\" in part or "\0" in part for part in parts):
        return False
    if parts[-1].startswith((".", "~$")):
        return False
    fits = len(parts) == len(asked) and all(map(fnmatch.fnmatchcase, parts, asked))
    return fits or name == pattern


def _empty(place: Bucket, patterns: list[str], there: Mapping[str, int]) -> Unreachable:
    some = ", ".join(sorted(there)[:5]) or "no object at all"
    return Unreachable(
        f"{place}: looked for {', '.join(patterns)}, there is {some}. Nothing was changed: correct the address in "
        "[paths] raw, or the patterns of the exports."
    )


def _account(folder: Path) -> dict[str, Any]:
    """What was fetched, by name; nothing where its account cannot be read."""
    try:
        told = json.loads((folder / ACCOUNT).read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _etag(source: Any) -> str:  # noqa: ANN401 -- a stream of an untyped library
    told: Mapping[bytes | str, bytes] = source.metadata()
    return {str(key): value for key, value in told.items()}["ETag"].decode()


def _type_of(name: str) -> dict[str, str]:
    kind = TYPES.get(os.path.splitext(name)[1], "")  # noqa: PTH122 -- a name in a bucket is no path
    return {"Content-Type": kind} if kind else {}
