"""Settings: what a deployment says, checked before anything is read."""

from __future__ import annotations

import datetime as dt
import pickle
from fractions import Fraction
from pathlib import Path

import pytest

from flows import settings
from flows.__main__ import main
from flows.closed_days import require_calendar
from flows.io.toml import Part, SettingsError
from flows.reference import site as site_of
from flows.settings import SAMPLE, data_folder, load
from tests.flows.conftest import FEBRUARY, PIPELINE, deliver
from transforms.site import Lifetime, Schedule, TeamTier, Threshold

HOUR_S = 3600


def reference(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    return tmp_path


def read(tmp_path: Path, main: str = "", **files: str) -> settings.Site:
    (tmp_path / "pipeline.toml").write_text(main, "utf-8")
    return site_of(reference(tmp_path, **files), Part.of(tmp_path / "pipeline.toml"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ('[sites]\nzone = "UTC"', r"unknown key 'sites'. Did you mean 'site'\?"),
        ('[site]\nzones = "UTC"', r"\[site\]: unknown key 'zones'. Did you mean 'zone'\?"),
        ('[site]\nzone = "Europe/Pari"', "zone is 'Europe/Pari'. Give an IANA name"),
        ("[site]\nfiscal_year_starts_in = 13", "fiscal_year_starts_in is 13. It lies between 1 and 12"),
        ('[site]\nas_of = "2026-03-31"', "as_of is '2026-03-31'. It must be a day like 2026-03-31"),
        ("[thresholds]\nfcr_window_days = true", "fcr_window_days is True. It must be a whole number"),
        ('[[export]]\nfiles = "../a.csv"\nmapping = "avis"', "Name files inside the raw folder"),
        ('[[export]]\nfiles = "a.csv"\nmapping = "aviss"', "no mapping 'aviss'. There are .*avis"),
        ('[paths]\nraw = "nowhere"', "the raw folder .*nowhere is not there"),
        ("[site", "not TOML"),
    ],
)
def test_a_mistake_in_the_settings_says_how_to_mend_it(site: Path, wrong: str, message: str) -> None:
    text = wrong if "[[export]]" in wrong else wrong + '\n[[export]]\nfiles = "avis_*.csv"\nmapping = "avis"\n'
    (site / "pipeline.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=message):
        load(str(site))


def test_a_deployment_without_exports_is_told_to_add_one(site: Path) -> None:
    (site / "pipeline.toml").write_text("", "utf-8")
    with pytest.raises(SettingsError, match=r"no \[\[export\]\] is declared. Add one"):
        load(str(site))


def test_a_folder_without_settings_is_no_deployment(tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").touch()
    with pytest.raises(SettingsError, match=r"Looked for pipeline.toml; there is: tickets.csv"):
        load(str(tmp_path))


def test_without_settings_of_its_own_the_project_runs_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert data_folder() in {SAMPLE, SAMPLE.parent}
    monkeypatch.setattr(settings, "PROJECT", tmp_path)
    assert data_folder() == SAMPLE


def test_the_environment_wins_over_the_files(site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    monkeypatch.setenv("BAROMETRE_DATA", str(site))
    monkeypatch.setenv("BAROMETRE_RAW", str(tmp_path / "inbox"))
    monkeypatch.setenv("BAROMETRE_AS_OF", "2026-02-14")
    monkeypatch.setenv("BAROMETRE_KEY", "a secret of sufficient length")
    found = load()
    assert (found.data, found.raw, found.as_of) == (site, tmp_path / "inbox", dt.date(2026, 2, 14))
    assert found.key == b"a secret of sufficient length"
    assert "secret" not in repr(found)
    assert load(as_of=dt.date(2026, 1, 1)).as_of == dt.date(2026, 1, 1)


def test_without_a_day_it_is_yesterday_in_the_zone_of_the_site(site: Path) -> None:
    text = PIPELINE.replace("as_of = 2026-03-31", 'zone = "Pacific/Kiritimati"')
    (site / "pipeline.toml").write_text(text, "utf-8")
    now = dt.datetime.now(dt.timezone(dt.timedelta(hours=14)))
    assert load(str(site)).as_of in {now.date() - dt.timedelta(days=1), now.date() - dt.timedelta(days=2)}


def test_a_site_gets_a_key_of_its_own_and_keeps_it(site: Path) -> None:
    (site / "pipeline.toml").write_text(PIPELINE.replace("sample_key = true", ""), "utf-8")
    first = load(str(site)).key
    assert len(first) == 32
    assert (site / ".key").stat().st_mode & 0o077 == 0
    assert load(str(site)).key == first


def test_a_short_key_is_no_key(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROMETRE_KEY", "short")
    with pytest.raises(SettingsError, match="BAROMETRE_KEY has 5 characters"):
        load(str(site))


def test_comments_do_not_change_the_fingerprint_and_targets_do(site: Path) -> None:
    before = load(str(site)).documents_sha256
    (site / "pipeline.toml").write_text("# a comment\n" + PIPELINE, "utf-8")
    assert load(str(site)).documents_sha256 == before
    (site / "reference" / "targets.toml").write_text('[[target]]\nmetric_id = "csat"\ntarget = 80\n', "utf-8")
    assert load(str(site)).documents_sha256 != before


def test_opening_hours_are_seconds_of_a_weekday(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        schedules="""
            [[schedule]]
            valid_from = 2026-01-01
            days = "mon-tue"
            hours = ["14:00-18:00", "09:00-12:30"]
            saturday = ["22:00-06:00"]
            """,
    ).schedules
    open_days = ((9 * HOUR_S, 12 * HOUR_S + 1800), (14 * HOUR_S, 18 * HOUR_S))
    night = ((22 * HOUR_S, 30 * HOUR_S),)
    assert found == (Schedule(week={0: open_days, 1: open_days, 5: night}, valid_from=dt.date(2026, 1, 1)),)


@pytest.mark.parametrize(
    ("hours", "message"),
    [("9h-18h", 'Write hours as "09:00-18:00"'), ("25:00-26:00", "no such hour"), ("09:00-18:60", "no such hour")],
)
def test_hours_that_are_none_are_refused(tmp_path: Path, hours: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read(tmp_path, schedules=f'[[schedule]]\nmonday = ["{hours}"]')


def test_intervals_do_not_overlap(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Two of these intervals overlap"):
        read(tmp_path, schedules='[[schedule]]\nmonday = ["09:00-12:00", "11:00-13:00"]')


def test_holidays_are_the_country_s_and_the_site_s_own(tmp_path: Path) -> None:
    days = read(
        tmp_path,
        holidays='[[closed]]\non = 2026-05-15\nname = "Pont"\n[[open]]\non = 2026-05-08\n',
    ).holidays
    assert days[dt.date(2026, 7, 14)] == "Fête nationale"
    assert days[dt.date(2026, 5, 15)] == "Pont"
    assert dt.date(2026, 5, 8) not in days
    assert read(tmp_path, holidays="public = false").holidays == {}


def test_an_unknown_country_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no public holidays are known for country 'ZZ'"):
        require_calendar(read(tmp_path, '[site]\ncountry = "ZZ"'))


@pytest.mark.parametrize("command", ["run", "backfill", "check", "verify"])
def test_every_command_stops_at_an_unknown_country_before_it_reads(
    command: str, site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Nor is a server started first: its threads would outlive this test, and draw random numbers beside the next ones.
    monkeypatch.setattr("flows.commands._with_prefect", lambda *_: pytest.fail("Prefect was started"))
    deliver(site, "avis_2026-02.csv", *FEBRUARY)
    (site / "pipeline.toml").write_text(PIPELINE.replace("[site]", '[site]\ncountry = "ZZ"'), "utf-8")
    assert main([command, "--data", str(site)]) == 1
    assert "no public holidays are known for country 'ZZ'" in capsys.readouterr().err
    assert not list((site / "store").glob("*.parquet"))


def test_another_process_is_handed_the_closed_days_themselves(tmp_path: Path) -> None:
    days = read(tmp_path, holidays="[[closed]]\non = 2026-05-15").holidays
    handed = pickle.loads(pickle.dumps(days))  # noqa: S301 -- our own
    assert type(handed) is dict
    assert handed == days


def test_tiers_thresholds_targets_and_labels(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        teams='[[team]]\ncode = "n2"\ntier = 2\nfr = "Niveau 2"\n',
        targets='[[first_response]]\nchannel = "email"\nseconds = 14400\n[[target]]\nmetric_id = "csat"\ntarget = 80\n',
        labels='[channel]\nphone = { fr = "Téléphone", en = "Phone" }\n',
    )
    assert found.tiers == (TeamTier(team="n2", tier=2),)
    assert found.first_response_targets == (Threshold(channel="email", seconds=14400),)
    assert [(it.metric_id, it.target) for it in found.targets] == [("csat", 80.0)]
    assert {(it.dimension, it.code): (it.fr, it.en) for it in found.labels} == {
        ("channel", "phone"): ("Téléphone", "Phone"),
        ("team", "n2"): ("Niveau 2", "Niveau 2"),
    }
    assert found.service_level_thresholds[0] == Threshold(channel="phone", seconds=20)


def test_a_lifetime_and_the_vouchers_of_the_service_are_read(tmp_path: Path) -> None:
    site = read(
        tmp_path,
        """
        [ltv]
        lifetime_years = 2.5
        margin_percent = 40
        discount_percent = 10.5
        [revenue]
        service_coupons = ["SAV*", "GESTE10"]
        """,
    )
    assert site.lifetime == Lifetime(
        years=Fraction("2.5"), margin_percent=Fraction(40), discount_percent=Fraction("10.5")
    )
    assert site.service_coupons == ("GESTE10", "SAV*")
    assert read(tmp_path).lifetime is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("[ltv]\nmargin_percent = 40", "lifetime_years is missing"),
        ("[ltv]\nlifetime_years = 200", "lifetime_years is 200. It lies between 0 and 100"),
        ("[ltv]\nlifetime = 3", "unknown key 'lifetime'. Did you mean 'lifetime_years'"),
        ('[revenue]\nservice_coupons = ["*"]', "service_coupons holds"),
    ],
)
def test_a_mistake_about_money_says_how_to_mend_it(tmp_path: Path, wrong: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read(tmp_path, wrong)
