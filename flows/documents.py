"""The documents that are generated, and whether they still say what the code says."""

from pathlib import Path

from expectations.dictionary import dictionary
from expectations.tables import TABLES
from flows.home import PROJECT
from flows.io import durable
from transforms.metrics import METRICS
from transforms.metrics.catalogue import catalogue


def documents() -> dict[Path, str]:
    """Each generated document, as it should be."""
    return {
        PROJECT / "transforms" / "metrics" / "README.md": catalogue(METRICS),
        PROJECT / "expectations" / "README.md": dictionary(TABLES.values()),
    }


def stale() -> list[Path]:
    """The documents that are not as they should be."""
    return [path for path, text in documents().items() if not path.is_file() or path.read_text("utf-8") != text]


def write() -> None:
    """Write those that are not; the others are not touched."""
    should = documents()
    for path in stale():
        durable.put_bytes(path, should[path].encode())
        print(f"written: {path.relative_to(PROJECT)}")
