"""Who was erased: `<data>/erased.json`, written before anything else is touched, and never a number in it."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flows.errors import PlainError
from flows.io import durable, publish
from flows.settings import Settings, digest
from transforms.erasing import Person, persons_in


class ErasedUnknown(PlainError):  # noqa: N818 -- read aloud where it is caught
    """It cannot be told any more who was erased, so nothing may be read."""


def erased_file(settings: Settings) -> Path:
    """Where it is written down; not in the store, which may be removed to have everything read again."""
    return settings.data / "erased.json"


def key_name(key: bytes) -> str:
    """A name for the key of the pseudonyms, from which nobody learns the key."""
    return hashlib.sha256(b"barometre" + key).hexdigest()[:16]


def erased_persons(settings: Settings) -> tuple[Person, ...]:
    """Everybody who was erased, sorted: by the list, and by the run that counts should the list be gone."""
    parent = publish.current(settings.shelf) or {}
    found = set(_read(erased_file(settings), settings)) | set(_persons(parent.get("erased", {}), settings))
    return tuple(sorted(found))


def remember(settings: Settings, *persons: Person) -> bool:
    """Add persons and their tickets to the list, durably and at once; False where all were on it."""
    if set(persons) <= set(_read(erased_file(settings), settings)):
        return False
    found = {*erased_persons(settings), *persons}
    durable.put_bytes(erased_file(settings), publish.as_json(erased_document(settings, found)), mode=0o600)
    return True


def erased_document(settings: Settings, persons: Iterable[Person]) -> dict[str, Any]:
    """The list as it is written: in its file, and in the manifest of every run."""
    told = sorted(persons)
    return {"key": key_name(settings.key), "persons": [list(it) for it in told]} if told else {}


def erasures_sha256(source: str, persons: Iterable[Person]) -> str:
    """Fingerprint of the erased persons whom rows of a source may speak of; empty where there are none."""
    found = persons_in(source, persons)
    return digest([list(it) for it in found])[:16] if found else ""


def _read(path: Path, settings: Settings) -> list[Person]:
    if not path.is_file():
        return []
    try:
        told = json.loads(path.read_bytes())
        return _persons(told, settings)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ErasedUnknown(
            f"{path}: looked for the list of erased persons, found something else. "
            "Put the file back from a copy; without it, erased persons would come back with the next delivery."
        ) from None


def _persons(told: dict[str, Any], settings: Settings) -> list[Person]:
    found = [Person(*it) for it in told.get("persons", ())]
    if found and told["key"] != key_name(settings.key):
        raise ErasedUnknown(
            f"{erased_file(settings)}: the {len(found)} erased persons were noted under another pseudonym key and "
            "cannot be recognised with this one. Put the key back (BAROMETRE_KEY, or .key in the data folder)."
        )
    return found
