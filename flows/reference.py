"""What a deployment says of itself in `reference/*.toml`, as the `Site` that the rules read.

schedules.toml   [[schedule]] valid_from, valid_to, monday = ["09:00-12:30", "14:00-18:00"] ...
                 or days = "mon-fri" and hours = ["09:00-18:00"]
holidays.toml    public = true, [[closed]] on, name ... [[open]] on
teams.toml       [[team]] code, tier, valid_from, fr, en
targets.toml     [[target]] metric_id, target, target_kind, channel, team, valid_from
                 [[first_response]] channel, seconds, valid_from   [[service_level]] the same
labels.toml      [channel.email] fr, en
"""

import datetime as dt
import itertools
import re
from collections.abc import Mapping
from pathlib import Path

from flows.io.toml import Part, SettingsError
from transforms.site import FIRST_DAY, Hours, Label, Schedule, Site, Target, TeamTier, Threshold

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CUTS = ("channel", "team", "segment", "topic", "survey", "scale", "agent", "customer")
_HOURS = re.compile(r"^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$")
_DAY_S = 86_400
_HOLIDAY_YEARS = range(2000, 2041)


def site(home: Path, main: Part) -> Site:
    """The site of a deployment: `pipeline.toml` (already open) and the files of its reference folder."""
    about, thresholds = main.part("site"), main.part("thresholds")
    targets = Part.of(home / "targets.toml")
    targets.only("target", "first_response", "service_level")
    plain = Site()
    return Site(
        zone=about.get("zone", plain.zone),
        schedules=_schedules(Part.of(home / "schedules.toml")),
        holidays=_holidays(Part.of(home / "holidays.toml"), about.get("country", "FR")),
        tiers=_tiers(Part.of(home / "teams.toml")),
        first_response_targets=_thresholds(targets, "first_response"),
        service_level_thresholds=_thresholds(targets, "service_level") or plain.service_level_thresholds,
        short_abandon_s=thresholds.between("short_abandon_s", 0, 3600, plain.short_abandon_s),
        fcr_window_days=thresholds.between("fcr_window_days", 0, 365, plain.fcr_window_days),
        survey_window_days=thresholds.between("survey_window_days", 0, 365, plain.survey_window_days),
        unanswered_after_days=thresholds.between("unanswered_after_days", 0, 365, plain.unanswered_after_days),
        channel_weights=_weights(main.part("channel_weights")),
        targets=_targets(targets),
        labels=_labels(Part.of(home / "labels.toml"), Part.of(home / "teams.toml")),
        fiscal_year_starts_in=about.between("fiscal_year_starts_in", 1, 12, plain.fiscal_year_starts_in),
    )


def _schedules(file: Part) -> tuple[Schedule, ...]:
    """One schedule after the other, each with the days from and to which it holds."""
    file.only("schedule")
    found = []
    for part in file.parts("schedule"):
        part.only("valid_from", "valid_to", "days", "hours", *WEEKDAYS)
        week = {number: _hours(part, name) for number, name in enumerate(WEEKDAYS) if name in part.values}
        if "days" in part.values:
            week |= dict.fromkeys(_days(part), _hours(part, "hours"))
        first = part.get("valid_from", FIRST_DAY)
        found.append(Schedule(week=week, valid_from=first, valid_to=part.maybe("valid_to", dt.date)))
    return tuple(sorted(found, key=lambda schedule: schedule.valid_from))


def _days(part: Part) -> list[int]:
    """`mon-fri`, `sat` and the like, as numbers of weekdays."""
    short = [name[:3] for name in WEEKDAYS]
    first, _, last = part.get("days", "").lower().partition("-")
    if first not in short or (last or first) not in short:
        raise part.error(f"days is {part.values['days']!r}", 'Write "mon-fri" or "sat", or one line a weekday.')
    return list(range(short.index(first), short.index(last or first) + 1))


def _hours(part: Part, key: str) -> Hours:
    """Opening intervals in seconds after midnight; an end before its beginning lies on the next day."""
    found = []
    for words in part.need(key, list):
        match = _HOURS.match(str(words))
        if match is None:
            raise part.error(f"{key} holds {words!r}", 'Write hours as "09:00-18:00".')
        begin_h, begin_m, end_h, end_m = map(int, match.groups())
        begin_s, end_s = begin_h * 3600 + begin_m * 60, end_h * 3600 + end_m * 60
        end_s += _DAY_S if end_s <= begin_s else 0
        if begin_s >= _DAY_S or max(begin_m, end_m) > 59 or end_h > 24:  # noqa: PLR2004 -- a clock
            raise part.error(f"{key} holds {words!r}", "There is no such hour.")
        found.append((begin_s, end_s))
    found.sort()
    if any(later[0] < earlier[1] for earlier, later in itertools.pairwise(found)):
        raise part.error(f"{key} is {part.values[key]!r}", "Two of these intervals overlap.")
    return tuple(found)


def _holidays(file: Part, country: str) -> Mapping[dt.date, str]:
    """Days the site is closed: the country's public holidays, its own, less those it works."""
    file.only("public", "closed", "open")
    days: dict[dt.date, str] = {}
    if file.get("public", default=True):
        days |= _public(file, country)
    for part in file.parts("closed"):
        part.only("on", "name")
        days[part.need("on", dt.date)] = part.get("name", "Fermeture")
    for part in file.parts("open"):
        part.only("on", "name")
        days.pop(part.need("on", dt.date), None)
    return dict(sorted(days.items()))


def _public(file: Part, country: str) -> dict[dt.date, str]:
    """Public holidays of the country, in French where the library knows their French names."""
    import holidays  # noqa: PLC0415 -- not needed where a site declares public = false

    try:
        languages = holidays.country_holidays(country).supported_languages
        language = next((known for known in languages if known.startswith("fr")), None)
        found = holidays.country_holidays(country, years=_HOLIDAY_YEARS, language=language)
    except NotImplementedError:
        hint = 'Give its ISO code ("FR"), or set public = false in holidays.toml and list the days there.'
        raise SettingsError(
            f"{file.path.parent}: no public holidays are known for country {country!r}. {hint}"
        ) from None
    return dict(found.items())


def _tiers(file: Part) -> tuple[TeamTier, ...]:
    """The level of support of each team."""
    file.only("team")
    found = []
    for part in file.parts("team"):
        part.only("code", "tier", "valid_from", "fr", "en")
        if (tier := part.maybe("tier", int)) is not None:
            code, first = part.need("code", str), part.get("valid_from", FIRST_DAY)
            found.append(TeamTier(team=code, tier=tier, valid_from=first))
    return tuple(sorted(found, key=lambda it: (it.team, it.valid_from)))


def _thresholds(file: Part, key: str) -> tuple[Threshold, ...]:
    """Seconds by channel, from a day on."""
    found = []
    for part in file.parts(key):
        part.only("channel", "seconds", "valid_from")
        seconds = part.need("seconds", int)
        first = part.get("valid_from", FIRST_DAY)
        found.append(Threshold(channel=part.maybe("channel", str), seconds=seconds, valid_from=first))
    return tuple(sorted(found, key=lambda it: (it.channel or "", it.valid_from)))


def _targets(file: Part) -> tuple[Target, ...]:
    """What the metrics should reach."""
    found = []
    for part in file.parts("target"):
        part.only("metric_id", "target", "target_kind", "channel", "team", "valid_from")
        found.append(
            Target(
                metric_id=part.need("metric_id", str),
                target=float(part.need("target", float)),
                target_kind=part.one_of("target_kind", ("absolute", "delta_points", "delta_percent"), "absolute"),
                channel=part.maybe("channel", str),
                team=part.maybe("team", str),
                valid_from=part.get("valid_from", FIRST_DAY),
            )
        )
    return tuple(sorted(found, key=lambda it: (it.metric_id, it.channel or "", it.team or "", it.valid_from)))


def _labels(file: Part, teams: Part) -> tuple[Label, ...]:
    """French and English labels of codes; a team's may stand in its own line."""
    file.only(*CUTS)
    found = {}
    for dimension in file.values:
        for code in file.part(dimension).values:
            part = file.part(dimension).part(code)
            part.only("fr", "en")
            french = part.need("fr", str)
            found[dimension, code] = Label(dimension=dimension, code=code, fr=french, en=part.get("en", french))
    for part in teams.parts("team"):
        if "fr" in part.values:
            code, french = part.need("code", str), part.need("fr", str)
            found["team", code] = Label(dimension="team", code=code, fr=french, en=part.get("en", french))
    return tuple(found[key] for key in sorted(found))


def _weights(part: Part) -> Mapping[str, int]:
    """By which costs are shared where there are no handle seconds."""
    return {channel: part.between(channel, 0, 10**9, 0) for channel in sorted(part.values)}
