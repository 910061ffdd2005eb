"""What an earlier version of the pipeline wrote down about exports, in the words of this one."""

from collections.abc import Iterable
from typing import Any

from expectations.tables import FEEDS
from flows.io.publish import Manifest, Torn

CAME_LATER: dict[str, Any] = {
    "rows_not_ours": 0, "rows_erased": 0, "erasures": "", "warnings": {}, "unknown_headers": [], "encoding": "",
}  # fmt: skip
"""Fields of a record that the first versions did not write, and what they would have written."""


def earlier_exports(parent: Manifest | None, fields: Iterable[str]) -> list[dict[str, Any]]:
    """The exports of the run before, each record with all the fields of today."""
    return [_in_todays_form(it, fields) for it in (parent or {"exports": []})["exports"]]


def require_tables(used: Iterable[tuple[str, str, str]]) -> None:
    """Stop at rows (slot, mapping, table) of a table that is no longer ours: neither used nor quietly left out."""
    for slot, mapping, table in used:
        if table not in FEEDS:
            raise Torn(
                f"{slot}: its rows were read as {table}, a table that this version does not have (there are "
                f"{', '.join(sorted(FEEDS))}). Deliver it again, for the mapping {mapping!r} as it is now, or remove "
                "its [[export]] from pipeline.toml."
            )


def _in_todays_form(export: dict[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    used = export["used"]
    if used is None:
        return export
    if lacking := [name for name in fields if name not in used and name not in CAME_LATER]:
        raise Torn(
            f"{export['slot']}: looked for the record of its rows in the manifest of the run before, found one without "
            f"{', '.join(lacking)}. Restore that manifest from a copy, or remove published/CURRENT to start afresh "
            "from the raw folder; rows of exports that have left it are then lost."
        )
    return export | {"used": CAME_LATER | used}
