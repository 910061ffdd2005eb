"""What became of each run, as JSON for machines: `<data>/journal/last.json`, and one file for each published run.

These files tell the time, so they lie beside the published folder, where the same exports give the same bytes.
"""

import contextlib
import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.alerts.alert import Alert
from flows.alerts.sending import Sent
from flows.io import durable, publish
from flows.io.publish import Manifest, as_json

if TYPE_CHECKING:
    from flows.pipeline import Outcome
    from flows.settings import Settings

KEPT = 400
"""Files of published runs: over a year of nights."""
LAST = "last.json"
_RUN = re.compile(r"^run-\d{6}\.json$")
_ROWS = ("rows_in", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_not_ours", "rows_erased")
_FILE = ("slot", "mapping", "table", "state", "reason", "warnings", "first_on", "last_on", *_ROWS)
Entry = dict[str, Any]


def folder_of(home: Path) -> Path:
    """The journal of a deployment folder."""
    return home / "journal"


def told_outcome(
    settings: "Settings", outcome: "Outcome", *, started_at: dt.datetime, found: Sequence[Alert], sent: Sent
) -> Entry:
    """Write down a run that came to its end; what was written."""
    manifest = outcome.manifest
    state = "unchanged" if not outcome.is_new else "held" if outcome.held else "published"
    entry = _times(started_at) | {
        "state": state,
        "exit_code": 2 if outcome.held else 0,
        "message": "",
        "alerts": _alerts(found, sent),
        **_of_manifest(settings, manifest),
    }
    entry["completed_at"] = entry["ended_at"]
    home = durable.folder(folder_of(settings.data))
    if outcome.is_new:
        durable.put_bytes(home / f"run-{manifest['run']:06d}.json", as_json(entry))
        for old in sorted(path for path in home.iterdir() if _RUN.match(path.name))[:-KEPT]:
            durable.remove(old)
    durable.put_bytes(home / LAST, as_json(entry))
    return entry


def told_failure(home: Path, message: str, *, started_at: dt.datetime, found: Sequence[Alert], sent: Sent) -> Entry:
    """Write down a run that failed; the last one that did not stays in memory."""
    entry = _times(started_at) | {
        "state": "failed",
        "exit_code": 1,
        "message": message,
        "alerts": _alerts(found, sent),
        "completed_at": (last(home) or {}).get("completed_at"),
    }
    with contextlib.suppress(OSError):  # the disk may be what failed: the message must reach its reader all the same
        durable.put_bytes(durable.folder(folder_of(home)) / LAST, as_json(entry))
    return entry


def last(home: Path) -> Entry | None:
    """What became of the last run; None before the first, or where the file cannot be read."""
    try:
        found = json.loads((folder_of(home) / LAST).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def completed_at(home: Path) -> dt.datetime | None:
    """When a run last came to its end, whether or not anything had changed; None where none ever did."""
    told = (last(home) or {}).get("completed_at")
    return dt.datetime.fromisoformat(told) if told else None


def silence(home: Path, at_most: dt.timedelta, *, now: dt.datetime) -> str:
    """What to do where no run came to its end within that time; empty where one did."""
    ended = completed_at(home)
    if ended is not None and now - ended <= at_most:
        return ""
    since = f"since {ended.astimezone():%Y-%m-%d %H:%M}" if ended else "ever"
    return f"{home}: no run came to its end {since}. Look for its schedule, then run by hand."


def _times(started_at: dt.datetime) -> Entry:
    ended_at = dt.datetime.now(dt.UTC)
    return {
        "format": 1,
        "started_at": started_at.isoformat(timespec="seconds"),
        "ended_at": ended_at.isoformat(timespec="seconds"),
        "duration_s": round((ended_at - started_at).total_seconds(), 1),
    }


def _alerts(found: Sequence[Alert], sent: Sent) -> Entry:
    return {
        "found": [{"event": it.event, "text": it.text} for it in found],
        "messages_sent": sent.sent,
        "problems": list(sent.problems),
    }


def _of_manifest(settings: "Settings", manifest: Manifest) -> Entry:
    """What machines may want to know of the run that counts, without the fingerprints."""
    accounts = manifest["accounts"]
    return {
        "name": manifest["name"],
        "run": manifest["run"],
        "run_key": manifest["run_key"],
        "as_of": manifest["as_of"],
        "version": manifest["version"],
        "rows": {name: sum(it.get(name, 0) for it in accounts) for name in _ROWS},
        "files": [{name: it.get(name) for name in _FILE} for it in accounts],
        "tables": {it["name"]: it["rows"] for it in manifest["outputs"].values() if it["layer"] != "page"},
        "tables_changed": _changed(settings, manifest),
        "metrics_missing": len(manifest["missing"]),
        "values_revised": dict(manifest.get("revised", {})),
        "alarms": list(manifest.get("alarms", ())),
    }


def _changed(settings: "Settings", manifest: Manifest) -> list[str]:
    """The files whose bytes differ from those of the run before."""
    parent = publish.manifest_of(settings.shelf, manifest["parent"]) if manifest["parent"] else None
    before: Mapping[str, Any] = (parent or {"outputs": {}})["outputs"]
    return sorted(
        name for name, it in manifest["outputs"].items() if name not in before or before[name]["sha256"] != it["sha256"]
    )
