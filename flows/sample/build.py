"""The shipped sample: which months go into which file, with the faults; and the large data set of the bench."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from flows.progress import bar
from flows.sample import beside, clock, company, dirt, exports, files, world
from flows.sample.delivery import UTF8, UTF8_MARK, WINDOWS, Export, spans
from flows.sample.files import Style
from flows.sample.staff import Staff
from flows.sample.surveys import SURVEYS
from flows.sample.world import Month

_OLD_LEDGER = Style(encoding="cp850")
_UNICODE_TEXT = Style(separator="\t", encoding="utf-16")
_QUOTED = Style(separator=",", encoding="utf-8-sig", quote_all=True)
CONFIGURATION = ("pipeline.toml", "reference", "sources")


@dataclass
class Account:
    """What must become of the rows of a file."""

    file: str
    feed: str
    rows_in: int
    quarantined: int
    duplicates: int
    not_ours: int
    blank: int

    @property
    def accepted(self) -> int:
        """Rows that reach the facts."""
        return self.rows_in - self.quarantined - self.duplicates - self.not_ours


@dataclass
class Sample:
    """The sample, as it was simulated and as it was written."""

    months: list[Month]
    accounts: list[Account] = field(default_factory=list)
    planted: list[dirt.Planted] = field(default_factory=list)


def write_sample(raw: Path) -> Sample:
    """The shipped sample's raw folder, whole and anew."""
    with bar("simulating the company"):
        sample = Sample(months=list(world.months(company.SAMPLE_SCALE)))
    shutil.rmtree(raw, ignore_errors=True)
    superseded = _superseded(sample.months)
    with bar("writing the exports") as step:
        for export in _exports(sample.months):
            step(result={"rows": _write_one(raw, export, sample, superseded)})
    nothing = raw / "compta" / "avoirs_2026.csv"
    nothing.write_bytes(b"")
    sample.accounts.append(Account("compta/avoirs_2026.csv", "feed_cost", 0, 0, 0, 0, 0))
    return sample


def _write_one(raw: Path, export: Export, sample: Sample, superseded: Mapping[str, int]) -> int:
    """One export with its faults, and the account of it; its lines."""
    header = export.frame.columns
    lines, planted = dirt.plant(export.file, header, files.rows_of(export.frame), export.style)
    files.write(raw / export.file, header, lines, export.style)
    sample.planted += planted
    count = {b: sum(p.fault.becomes == b for p in planted) for b in (dirt.QUARANTINED, dirt.DUPLICATE)}
    blank = sum(p.fault.becomes == dirt.BLANK for p in planted)
    sample.accounts.append(
        Account(
            export.file, export.feed, len(lines) - blank, count[dirt.QUARANTINED],
            count[dirt.DUPLICATE] + superseded.get(export.file, 0),
            sum(p.fault.becomes == dirt.NOT_OURS for p in planted), blank,
        )
    )  # fmt: skip
    return len(lines)


def write_large(home: Path, scale: float, configuration: Path) -> Iterator[tuple[Month, int]]:
    """A deployment of any size, clean CSV month by month; yields each month with the bytes written for it."""
    for name in CONFIGURATION:
        source = configuration / name
        if source.is_dir():
            shutil.copytree(source, home / name)
        else:
            shutil.copy2(source, home / name)
    staff = Staff(world.copies(scale))
    _plain(home / "raw/effectifs/salaries.csv", exports.employees(staff), "cp1252")
    (home / "raw/compta").mkdir(parents=True)
    (home / "raw/compta/avoirs_2026.csv").write_bytes(b"")
    for month in world.months(scale):
        yield month, sum(_plain(home / "raw" / file, frame, code) for file, frame, code in _month_files(month))


def _month_files(month: Month) -> Iterator[tuple[str, pl.DataFrame, str]]:
    """Every export of one month: name, rows, code page."""
    name = f"{month.month_on:%Y-%m}"
    yield f"tickets/tickets_{name}.csv", exports.tickets(month.tickets, 0, clock.END), "utf-8"
    yield f"evenements/evenements_{name}.csv", exports.events(month.events), "cp1252"
    for survey in SURVEYS:
        yield f"enquetes/{survey}_{name}.csv", exports.surveys(month.surveys, survey), "utf-8"
    yield f"contacts/appels_{name}.csv", exports.contacts(month.contacts, "phone"), "utf-8"
    yield f"contacts/tchats_{name}.csv", exports.contacts(month.contacts, "chat"), "utf-8"
    yield f"effectifs/journees_{name}.txt", exports.agent_days(month.agent_days), "utf-16"
    old = month.month_on.year == company.FIRST_DAY.year
    yield f"compta/grand_livre_{name}.csv", exports.ledger(month.ledger), "cp850" if old else "cp1252"
    yield from beside.monthly(month)


_SEPARATORS = {"csat_sms": ",", "journees": "\t"}


def _plain(path: Path, frame: pl.DataFrame, encoding: str) -> int:
    """A plain text file in one go; returns its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    separator = next((mark for name, mark in _SEPARATORS.items() if path.name.startswith(name)), ";")
    text = frame.write_csv(separator=separator, line_terminator="\r\n")
    data = text.encode(encoding)
    path.write_bytes(data)
    return len(data)


def _superseded(months: list[Month]) -> dict[str, int]:
    """Rows of each ticket file that a later file brings again in a later state."""
    seen: dict[str, list[str]] = {}
    for export in _ticket_files(months):
        for number in export.frame["N° du ticket"]:
            seen.setdefault(number, []).append(export.file)
    count: dict[str, int] = {}
    for delivered in seen.values():
        for file in delivered[:-1]:
            count[file] = count.get(file, 0) + 1
    return count


def _exports(months: list[Month]) -> Iterator[Export]:
    """Every file of the sample, in no particular order of feeds."""
    yield from _ticket_files(months)
    last = months[-1].month_on
    for month in months:
        suffix = "csv" if month.month_on == last else "csv.zst"
        file = f"evenements/evenements_{month.month_on:%Y-%m}.{suffix}"
        yield Export(file, "feed_ticket_event", WINDOWS, exports.events(month.events))
    yield from _survey_files(months)
    for name, part in spans(months, 3):
        calls = exports.contacts(pl.concat(m.contacts for m in part), "phone")
        yield Export(f"contacts/appels_{name}.xlsx", "feed_contact", UTF8, calls.drop("Tchats simultanés"))
    for name, part in spans(months, 12):
        chats = exports.contacts(pl.concat(m.contacts for m in part), "chat")
        yield Export(f"contacts/tchats_{name}.jsonl.gz", "feed_contact", UTF8, chats)
    for name, part in spans(months, 6):
        days = exports.agent_days(pl.concat(m.agent_days for m in part))
        suffix = "txt" if part[-1].month_on == last else "txt.gz"
        yield Export(f"effectifs/journees_{name}.{suffix}", "feed_agent_day", _UNICODE_TEXT, days)
    yield Export("effectifs/salaries.csv", "feed_employee", WINDOWS, exports.employees(Staff(1)))
    for name, part in spans(months, 12):
        style = _OLD_LEDGER if part[0].month_on == company.FIRST_DAY else WINDOWS
        yield Export(
            f"compta/grand_livre_{name}.csv", "feed_cost", style, exports.ledger(pl.concat(m.ledger for m in part))
        )
    yield from beside.yearly(months)


def _ticket_files(months: list[Month]) -> Iterator[Export]:
    """Tickets by quarter, as the help desk exports them: those opened or changed in it."""
    tickets = pl.concat(m.tickets for m in months)
    for name, part in spans(months, 3):
        after = (part[-1].month_on + dt.timedelta(days=31)).replace(day=1)
        frame = exports.tickets(tickets, clock.epoch(part[0].month_on), clock.epoch(after))
        suffix = "csv" if part[-1] is months[-1] else "csv.gz"
        yield Export(f"tickets/tickets_{name}.{suffix}", "feed_ticket", UTF8_MARK, frame)


def _survey_files(months: list[Month]) -> Iterator[Export]:
    """Each survey comes from a tool of its own, in a format of its own."""
    formats = {"csat_mail": ("csv", WINDOWS), "csat_sms": ("csv", _QUOTED), "csat_chat": ("jsonl", UTF8),
               "ces": ("json", UTF8), "nps": ("xlsx", UTF8)}  # fmt: skip
    for survey, (suffix, style) in formats.items():
        for name, part in spans(months, 6 if survey == "nps" else 12):
            frame = exports.surveys(pl.concat(m.surveys for m in part), survey)
            old = part[-1] is not months[-1] and suffix.startswith("json")
            yield Export(f"enquetes/{survey}_{name}.{suffix}{'.gz' if old else ''}", "feed_survey", style, frame)
