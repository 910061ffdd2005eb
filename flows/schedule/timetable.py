"""When the nightly run is due: `[schedule]` of pipeline.toml, which `python -m flows schedule` serves."""

import datetime as dt
import re
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from flows.io.toml import Part, SettingsError

BUSY = ("skip", "wait")
DEFAULT_AT = "05:00"
_CLOCK = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")
_CRON_FIELDS = 5


@dataclass(frozen=True, kw_only=True)
class Timetable:
    """When a run is due, and what one does that finds another at work."""

    cron: str
    """Minute, hour, day of the month, month, day of the week: in the site's zone."""
    when_busy: str
    """skip: leave it to the other run. wait: go on once it has ended."""
    wait_at_most_min: int


def timetable(part: Part) -> Timetable:
    """What `[schedule]` says; five in the morning where it says nothing."""
    part.only("at", "cron", "when_busy", "wait_at_most_min")
    if "at" in part.values and "cron" in part.values:
        raise part.error("both at and cron are told", 'Keep one: at = "05:00" for each day, cron for all else.')
    cron = part.need("cron", str) if "cron" in part.values else _daily(part, part.get("at", DEFAULT_AT))
    if "cron" in part.values and not is_cron(cron):
        raise part.error(f"cron is {cron!r}", HOW_CRON)
    return Timetable(
        cron=cron,
        when_busy=part.one_of("when_busy", BUSY, "skip"),
        wait_at_most_min=part.between("wait_at_most_min", 1, 24 * 60, 180),
    )


def at_other_times(told: Timetable, cron: str) -> Timetable:
    """The same with the times of the command line."""
    if not is_cron(cron):
        raise SettingsError(f"--cron {cron!r}: not a schedule. {HOW_CRON}")
    return replace(told, cron=cron)


def next_time(cron: str, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The first time after that instant, in the zone of the site.

    An hour that clocks skip is made up for when they have moved on, and one that comes twice counts once. (Prefect's
    own reckoning goes back an hour in the first case, and then finds that same instant again and again.)
    """
    from cronsim import CronSim  # noqa: PLC0415 -- only schedulers need it

    return next(CronSim(cron, after.astimezone(zone)))


def is_cron(text: str) -> bool:
    """Whether the text has a meaning as five fields of cron."""
    from cronsim import CronSim, CronSimError  # noqa: PLC0415

    try:
        CronSim(text, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    except CronSimError:
        return False
    return len(text.split()) == _CRON_FIELDS


HOW_CRON = 'Give minute, hour, day of month, month and day of week, such as "0 5 * * 1-5".'


def _daily(part: Part, clock: str) -> str:
    """The cron of a time of day."""
    found = _CLOCK.match(clock)
    if not found:
        raise part.error(f"at is {clock!r}", 'Give a time of day such as "05:00".')
    hour, minute = found.groups()
    return f"{int(minute)} {int(hour)} * * *"
