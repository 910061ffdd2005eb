"""A counter whose tickets and their lives are delivered in two files, for the tests of histories in parts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PIPELINE = """
[site]
name = "Petit site"

[privacy]
sample_key = true

[[export]]
files = "demandes*.csv"
mapping = "demandes"

[[export]]
files = "vie*.csv"
mapping = "vie"
"""
READ = """
source = "guichet"
follows = "Made up for the tests."

[read]
separator = ";"
datetimes = ["%Y-%m-%d %H:%M"]

[columns]
ticket_id = ["Numéro"]
agent_id = ["Agent"]
"""
TICKETS = f"""table = "feed_ticket"{READ}
created_at = ["Ouvert le"]
resolved_at = ["Résolu le"]
customer_id = ["Client"]
"""
EVENTS = f"""table = "feed_ticket_event"{READ}
event_id = ["Évènement"]
occurred_at = ["Date"]
kind = ["Genre"]
status = ["État"]
"""
Row = tuple[str, ...]
_FILES = {
    "demandes.csv": ("Numéro", "Agent", "Ouvert le", "Résolu le", "Client"),
    "vie.csv": ("Numéro", "Agent", "Évènement", "Date", "Genre", "État"),
}


def deliver(data: Path, opened: Iterable[Row] | None, happened: Iterable[Row] | None) -> None:
    """Both files, with these rows and no others; or one of them alone."""
    for (name, header), rows in zip(_FILES.items(), (opened, happened), strict=True):
        if rows is None:
            continue
        lines = (";".join(row) for row in (header, *rows))
        (data / "raw" / name).write_text("\n".join(lines) + "\n", "utf-8")
