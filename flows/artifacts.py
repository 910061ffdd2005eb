"""What a run shows in the UI of Prefect: its progress, its files, what was refused, the scorecard, where all lies.

Keys stay the same from night to night, so that the UI shows their history. Showing is not the run: what the server
does not take is noted in the log, and the run goes on.
"""

import contextlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import httpx
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.exceptions import PrefectException
from prefect.logging import get_run_logger

from flows.headlines import HEADS, NOTES, month_of_headlines
from flows.io.publish import Manifest
from flows.pipeline import Outcome
from flows.progress import Watcher
from flows.settings import Settings

LINES_SHOWN = 200
"""Of a table: the UI shows it whole, and the reports hold the rest."""
STEP_PERCENT = 5.0
_SHARES = {
    "reading exports": 45.0,
    "latest versions": 5.0,
    "building facts": 10.0,
    "publishing facts": 5.0,
    "computing metrics": 25.0,
    "analysing": 5.0,
}
"""How much of a full run each stage is, in percent; the rest is the end of the run."""


def key_of(settings: Settings, what: str) -> str:
    """The key of an artifact: its kind and the site, in the letters that Prefect allows."""
    return f"{what}-{slug(settings.name)}"


def slug(name: str) -> str:
    """A name in lower-case letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "site"


@contextlib.contextmanager
def shown_progress(settings: Settings) -> Iterator[Watcher]:
    """A progress artifact that the stages move on; full when the run is over."""
    artifact: UUID | None = None
    with _quietly():
        made = create_progress_artifact(0.0, key=key_of(settings, "progress"), description=settings.name)
        artifact = cast("UUID", made)  # its other form is for async callers
    shown = 0.0

    def move(percent: float) -> None:
        nonlocal shown
        if artifact is None or (percent < shown + STEP_PERCENT and percent < 100):  # noqa: PLR2004 -- per cent
            return
        shown = percent
        with _quietly():
            update_progress_artifact(artifact, progress=percent)

    yield lambda label, done, total: move(percent_of(label, done, total))
    move(100.0)


def percent_of(label: str, done: int, total: int) -> float:
    """How far a run is, by the stage it is in; 0 for a stage nobody gave a share."""
    before = 0.0
    for stage, share in _SHARES.items():
        if stage == label:
            return round(before + share * done / max(total, 1), 1)
        before += share
    return 0.0


def show_outcome(settings: Settings, outcome: Outcome) -> None:
    """The artifacts of a published run."""
    manifest = outcome.manifest
    about = f"Run {manifest['run']} as of {manifest['as_of']}"
    with _quietly():
        create_table_artifact(_files(manifest), key=key_of(settings, "files"), description=f"{about}: exports")
    with _quietly():
        refused = _refused(manifest)
        create_table_artifact(
            refused, key=key_of(settings, "quarantine"), description=f"{about}: refused rows, by reason"
        )
    with _quietly():
        create_markdown_artifact(
            scorecard(settings, manifest), key=key_of(settings, "scorecard"), description=f"{about}: headlines"
        )
    for what, (text, path) in _links(settings).items():
        with _quietly():
            create_link_artifact(path, link_text=text, key=key_of(settings, what), description=f"{about}: {text}")


def scorecard(settings: Settings, manifest: Manifest) -> str:
    """The headlines of the last complete month in Markdown, and under them what a person should look at."""
    month, rows = month_of_headlines(settings.shelf.folder_of(manifest["run"]), language=settings.language)
    lines = [f"## {settings.name}, {month}", "", _line(("", *HEADS)), _line(("---", *["---:"] * len(HEADS)))]
    lines += [_line(row[: len(HEADS) + 1]) for row in rows]
    lines += ["", NOTES]
    troubled = [f"- **{it['state']}** {it['reason']}" for it in manifest["exports"] if it["state"] != "accepted"]
    alarms = [f"- {it['detail']}" for it in manifest.get("alarms", ())]
    for title, found in (("Exports refused or held", troubled), ("To look at", alarms)):
        if found:
            lines += ["", f"### {title}", "", *found[:LINES_SHOWN]]
    return "\n".join(lines) + "\n"


def _files(manifest: Manifest) -> list[dict[str, Any]]:
    """A line for each export, those first that wait for a person."""
    accounts = sorted(manifest["accounts"], key=lambda it: (it["state"] == "accepted", it["slot"], it["mapping"]))
    lines = [
        {
            "file": it["slot"],
            "mapping": it["mapping"],
            "state": it["state"],
            "rows": it["rows_in"],
            "accepted": it["rows_accepted"],
            "quarantined": it["rows_quarantined"],
            "duplicates": it["rows_duplicate"],
            "days": " … ".join(filter(None, (it["first_on"], it["last_on"]))),
            "reason": it["reason"] or it["warnings"] or "",
        }
        for it in accounts
    ]
    return _cut(lines)


def _refused(manifest: Manifest) -> list[dict[str, Any]]:
    """A line for each reason in each file, the most frequent first; one that says so where there is none."""
    found = [
        {"file": it["slot"], "reason": reason, "rows": rows}
        for it in manifest["exports"]
        for reason, rows in (it["used"] or {}).get("reasons", {}).items()
    ]
    found.sort(key=lambda it: (-it["rows"], it["file"], it["reason"]))
    return _cut(found) or [{"file": "", "reason": "nothing quarantined", "rows": 0}]


def _links(settings: Settings) -> Mapping[str, tuple[str, str]]:
    """Pages on the disk of this machine."""
    page = settings.shelf.home / "current" / "reports" / "scorecard.html"
    checks = settings.quarantine / "checks" / "docs" / "index.html"
    found = {"page": ("Scorecard", page), "checks": ("Data Docs", checks)}
    return {what: (text, path.as_uri()) for what, (text, path) in found.items() if path.is_file()}


def _cut(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first lines, and one that counts the others."""
    if len(lines) <= LINES_SHOWN:
        return list(lines)
    first, *others = lines[0]
    left = {first: f"and {len(lines) - LINES_SHOWN} more: see the reports"} | dict.fromkeys(others, "")
    return [*lines[:LINES_SHOWN], left]


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """The server may be slow or gone: that is no fault of the data."""
    try:
        yield
    except (httpx.HTTPError, PrefectException, OSError) as problem:
        get_run_logger().warning("An artifact was not shown: %s", problem)
