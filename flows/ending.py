"""How a run ends, whoever started it: its note for `status`, its entry in the journal, its alerts."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows import journal
from flows.alerts.alert import Alert, Alerts, alerts_of_broken
from flows.alerts.events import events_of
from flows.alerts.sending import Sent, send
from flows.errors import PlainError
from flows.failure import forget_failure, note_failure, noted_begun, noted_failure, story_of
from flows.home import data_folder

if TYPE_CHECKING:
    from flows.pipeline import Outcome
    from flows.settings import Settings


def now() -> dt.datetime:
    """The present instant."""
    return dt.datetime.now(dt.UTC)


def death_untold(home: Path) -> str:
    """The story of the run before, where it died and nobody was told; hold the lock, or it may be at work."""
    begun = noted_begun(home)
    return story_of(begun) if begun and noted_failure(home) is None else ""


def ended_well(settings: "Settings", outcome: "Outcome", *, started_at: dt.datetime, death: str = "") -> Sent:
    """The run came to its end: say so, and send what a person should know of it, and of the death of the one before."""
    forget_failure(settings.data)
    found = [Alert(event="failed", text=death)] if death and "failed" in settings.alerts.on else []
    found += events_of(settings, outcome.manifest) if outcome.is_new else []
    sent = _send(settings.data, settings.alerts, settings.name, found)
    journal.told_outcome(settings, outcome, started_at=started_at, found=found, sent=sent)
    return sent


def ended_badly(data: str, message: str, *, started_at: dt.datetime) -> None:
    """The run failed: say so, in the note, the journal and an alert; nowhere, if there is no deployment folder."""
    note_failure(data, message)
    try:
        home = data_folder(data)
    except PlainError:
        return
    alerts = alerts_of_broken(home)
    found = [Alert(event="failed", text=message)] if "failed" in alerts.on else []
    sent = _send(home, alerts, home.name, found)
    journal.told_failure(home, message, started_at=started_at, found=found, sent=sent)


def _send(home: Path, alerts: Alerts, name: str, found: Sequence[Alert]) -> Sent:
    events = ", ".join(sorted({it.event for it in found}))
    return send(journal.folder_of(home), alerts, title=f"Baromètre, {name}: {events}", found=found)
