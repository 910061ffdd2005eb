"""What a deployment says of itself in `reference/*.toml`, as the `Site` that the rules read.

schedules.toml   [[schedule]] valid_from, valid_to, monday = ["09:00-12:30", "14:00-18:00"] ...
                 or days = "mon-fri" and hours = ["09:00-18:00"]
holidays.toml    public = true, [[closed]] on, name ... [[open]] on
teams.toml       [[team]] code, tier, valid_from, fr, en
targets.toml     [[target]] metric_id, target, target_kind, channel, team, valid_from
                 [[first_response]] channel, seconds, valid_from   [[service_level]] the same
sla.toml         [[policy]] what = "first_response" or "resolution", seconds, clock = "business" (or "calendar"),
                 channel, priority, segment (each may be left out: any), valid_from
                 The promise that holds for a ticket on the day it was opened: the one that names most of channel,
                 priority and segment (of equals: priority before channel before segment), of those the latest.
                 Without the file nothing is promised.
labels.toml      [channel.email] fr, en
benchmarks.toml  see flows.benchmarks
"""

import datetime as dt
import itertools
import re
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from flows.benchmarks import benchmarks
from flows.closed_days import closed_days
from flows.io.toml import Part
from transforms.site import FIRST_DAY, Hours, Label, Lifetime, Schedule, Site, SlaPolicy, Target, TeamTier, Threshold

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CUTS = ("channel", "team", "segment", "topic", "survey", "scale", "agent", "customer")
_HOURS = re.compile(r"^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$")
_SLA_SCOPE = ("channel", "priority", "segment")
_DAY_S = 86_400


def site(home: Path, main: Part) -> Site:
    """The site of a deployment: `pipeline.toml` (already open) and the files of its reference folder."""
    about, thresholds = main.part("site"), main.part("thresholds")
    targets = Part.of(home / "targets.toml")
    targets.only("target", "first_response", "service_level")
    staffing = main.part("staffing")
    staffing.only("answered_within_percent", "shrinkage_percent")
    plain = Site()
    return Site(
        zone=about.get("zone", plain.zone),
        schedules=_schedules(Part.of(home / "schedules.toml")),
        holidays=closed_days(Part.of(home / "holidays.toml"), about.get("country", "FR")),
        tiers=_tiers(Part.of(home / "teams.toml")),
        first_response_targets=_thresholds(targets, "first_response"),
        sla=_policies(Part.of(home / "sla.toml")),
        service_level_thresholds=_thresholds(targets, "service_level") or plain.service_level_thresholds,
        short_abandon_s=thresholds.between("short_abandon_s", 0, 3600, plain.short_abandon_s),
        fcr_window_days=thresholds.between("fcr_window_days", 0, 365, plain.fcr_window_days),
        survey_window_days=thresholds.between("survey_window_days", 0, 365, plain.survey_window_days),
        unanswered_after_days=thresholds.between("unanswered_after_days", 0, 365, plain.unanswered_after_days),
        channel_weights=_weights(main.part("channel_weights")),
        staffing_percent=staffing.between("answered_within_percent", 1, 99, plain.staffing_percent),
        shrinkage_percent=staffing.between("shrinkage_percent", 0, 90, plain.shrinkage_percent),
        service_coupons=_coupons(main.part("revenue")),
        lifetime=_lifetime(main.part("ltv")),
        targets=_targets(targets),
        country=about.get("country", plain.country),
        industry=about.get("industry", plain.industry),
        benchmarks=benchmarks(home),
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


def _policies(file: Part) -> tuple[SlaPolicy, ...]:
    """What is promised to customers, from a day on."""
    file.only("policy")
    found = []
    for part in file.parts("policy"):
        part.only("what", "seconds", "clock", *_SLA_SCOPE, "valid_from")
        part.need("what", str)
        is_response = part.one_of("what", ("first_response", "resolution"), "") == "first_response"
        is_business = part.one_of("clock", ("business", "calendar"), "business") == "business"
        found.append(
            SlaPolicy(
                what="first_response" if is_response else "resolution",
                seconds=part.between("seconds", 1, 10**9, part.need("seconds", int)),
                clock="business" if is_business else "calendar",
                channel=part.maybe("channel", str),
                priority=part.maybe("priority", str),
                segment=part.maybe("segment", str),
                valid_from=part.get("valid_from", FIRST_DAY),
            )
        )
    scopes = [(it.what, it.channel, it.priority, it.segment, it.valid_from) for it in found]
    for twice in (scope for scope, number in Counter(scopes).items() if number > 1):
        named = ", ".join(f"{key} = {value}" for key, value in zip(("what", *_SLA_SCOPE), twice, strict=False) if value)
        raise file.error(f"two policies hold for {named} from {twice[-1]}", "Keep one of them.")
    return tuple(found)


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


def _coupons(part: Part) -> tuple[str, ...]:
    """The vouchers of the service: `[revenue] service_coupons = ["SAV10", "SORRY-*"]`."""
    part.only("service_coupons")
    coupons: list[object] = part.get("service_coupons", [])
    for coupon in coupons:
        if not isinstance(coupon, str) or not coupon.strip(" *"):
            hint = 'Write vouchers as "SAV10", or how they begin: "SAV*".'
            raise part.error(f"service_coupons holds {coupon!r}", hint)
    return tuple(sorted(str(coupon).strip() for coupon in coupons))


def _lifetime(part: Part) -> Lifetime | None:
    """`[ltv] lifetime_years, margin_percent, discount_percent`; without the years there is no lifetime value."""
    part.only("lifetime_years", "margin_percent", "discount_percent")
    bounds = {"lifetime_years": (0, 100), "margin_percent": (-100, 100), "discount_percent": (0, 100)}
    told = {key: Fraction(str(part.need(key, float))) for key in bounds if key in part.values}
    for key, value in told.items():
        low, high = bounds[key]
        if not low <= value <= high:
            raise part.error(f"{key} is {part.values[key]}", f"It lies between {low} and {high}.")
    if (years := told.get("lifetime_years")) is None:
        if told:
            raise part.error("lifetime_years is missing", "Margin and discount hold for the years a customer stays.")
        return None
    plain = Lifetime(years=years)
    return Lifetime(
        years=years,
        margin_percent=told.get("margin_percent", plain.margin_percent),
        discount_percent=told.get("discount_percent", plain.discount_percent),
    )


def _weights(part: Part) -> Mapping[str, int]:
    """By which costs are shared where there are no handle seconds."""
    return {channel: part.between(channel, 0, 10**9, 0) for channel in sorted(part.values)}
