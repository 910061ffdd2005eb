import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

from transforms.site import Site, Target


def test_a_month_without_tickets_is_a_zero(spec: Callable[..., None]) -> None:
    spec(
        "ticket_volume",
        as_of=dt.date(2026, 4, 10),
        fact_ticket="created_on\n2026-01-31\n2026-03-01\n2026-03-02",
        expect="""
        period_start | period_end | numerator | value | is_complete | prior_value
        2026-01-01   | 2026-01-31 | 1         | 1     | yes         | -
        2026-02-01   | 2026-02-28 | 0         | 0     | yes         | 1
        2026-03-01   | 2026-03-31 | 2         | 2     | yes         | 0
        2026-04-01   | 2026-04-30 | 0         | 0     | no          | 2
        """,
    )


def test_a_month_without_answers_is_no_data_in_the_total_and_no_row_in_a_cut(spec: Callable[..., None]) -> None:
    spec(
        "csat",
        as_of=dt.date(2026, 3, 31),
        fact_survey_response="""
        kind | channel | answered_on | is_satisfied
        csat | email   | 2026-01-05  | yes
        csat | email   | 2026-03-05  | no
        """,
        expect="""
        grouping_set | channel | period_start | n | value | ci_low | status  | prior_value
        channel      | email   | 2026-01-01   | 1 | 100   | 20.65  | ok      | -
        total        | -       | 2026-01-01   | 1 | 100   | 20.65  | ok      | -
        total        | -       | 2026-02-01   | 0 | -     | -      | no_data | 100
        channel      | email   | 2026-03-01   | 1 | 0     | 0      | ok      | -
        total        | -       | 2026-03-01   | 1 | 0     | 0      | ok      | -
        """,
    )


def test_a_row_without_a_channel_is_never_dropped(spec: Callable[..., None]) -> None:
    spec(
        "ticket_volume",
        fact_ticket="created_on | channel | team\n2026-06-01 | email | a\n2026-06-01 | - | a\n2026-06-01 | - | -",
        expect="""
        grouping_set | channel | team | numerator
        channel      | -       | -    | 2
        channel      | email   | -    | 1
        channel_team | -       | -    | 1
        channel_team | -       | a    | 1
        channel_team | email   | a    | 1
        segment      | -       | -    | 3
        team         | -       | -    | 1
        team         | -       | a    | 2
        total        | -       | -    | 3
        """,
    )


def test_rows_after_the_as_of_date_are_not_there_yet(spec: Callable[..., None]) -> None:
    rows = "created_on\n2026-05-31\n2026-06-01"
    spec("ticket_volume", as_of=dt.date(2026, 5, 31), fact_ticket=rows, expect="numerator\n1")


def test_no_rows_at_all_are_no_values(values: Callable[..., pl.DataFrame]) -> None:
    assert values("ticket_volume", fact_ticket="created_on").is_empty()
    assert values("csat", fact_ticket="created_on\n2026-05-31").is_empty()


@pytest.mark.parametrize(
    ("grain", "start", "end"),
    [
        ("day", dt.date(2026, 1, 1), dt.date(2026, 1, 1)),
        ("week", dt.date(2025, 12, 29), dt.date(2026, 1, 4)),
        ("month", dt.date(2026, 1, 1), dt.date(2026, 1, 31)),
        ("quarter", dt.date(2026, 1, 1), dt.date(2026, 3, 31)),
        ("year", dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
    ],
)
def test_periods_are_cut_on_days_and_weeks_start_on_monday(
    spec: Callable[..., None], grain: str, start: dt.date, end: dt.date
) -> None:
    expect = {"period_start": start, "period_end": end, "numerator": 1}
    spec("ticket_volume", grain=grain, fact_ticket="created_on\n2026-01-01", expect=expect)


@pytest.mark.parametrize(
    ("grain", "earlier", "later"),
    [
        ("day", "2025-01-06", "2026-01-05"),  # both Mondays
        ("week", "2024-12-30", "2026-01-01"),  # week 1 both
        ("week", "2020-01-06", "2021-01-15"),  # week 2: 2020 had 53 weeks
        ("month", "2025-01-20", "2026-01-05"),
        ("quarter", "2025-03-31", "2026-01-01"),
        ("year", "2025-12-31", "2026-01-01"),
    ],
)
def test_the_year_before_is_the_same_period(
    values: Callable[..., pl.DataFrame], grain: str, earlier: str, later: str
) -> None:
    day = dt.date.fromisoformat(later)
    found = values("ticket_volume", grain=grain, as_of=day, fact_ticket=f"created_on\n{earlier}\n{earlier}\n{later}")
    last = found.filter(grouping_set="total").row(-1, named=True)
    assert (last["value"], last["prior_year_value"]) == (1.0, 2.0)


def test_week_53_has_no_year_before(values: Callable[..., pl.DataFrame]) -> None:
    found = values("ticket_volume", grain="week", as_of=dt.date(2020, 12, 31), fact_ticket="created_on\n2019-01-01")
    assert found.filter(grouping_set="total").row(-1, named=True)["prior_year_value"] is None


NPS_100 = """
    kind | answered_on | is_promoter | is_detractor | rows
    nps  | 2026-05-05  | yes         | no           | {0[0]}
    nps  | 2026-05-05  | no          | no           | {0[1]}
    nps  | 2026-05-05  | no          | yes          | {0[2]}
    nps  | 2026-06-05  | yes         | no           | {1[0]}
    nps  | 2026-06-05  | no          | no           | {1[1]}
    nps  | 2026-06-05  | no          | yes          | {1[2]}
"""


@pytest.mark.parametrize(
    ("before", "after", "is_significant"),
    [((60, 20, 20), (50, 25, 25), "no"), ((60, 20, 20), (30, 30, 40), "yes"), ((2, 1, 1), (0, 0, 90), "-")],
)
def test_forty_against_twenty_five_is_not_a_change(
    spec: Callable[..., None], before: tuple[int, ...], after: tuple[int, ...], is_significant: str
) -> None:
    june = "metric_id | period_start | is_significant_vs_prior\nnps | 2026-05-01 | -\nnps | 2026-06-01 | "
    spec("nps", fact_survey_response=NPS_100.format(before, after), expect=june + is_significant)


YEARS = """
    kind | channel | answered_on | is_satisfied | rows
    csat | email   | 2025-06-05  | yes          | 39
    csat | email   | 2025-06-05  | no           | 11
    csat | email   | 2026-06-05  | yes          | 4
    csat | email   | 2026-06-05  | no           | 1
"""


@pytest.mark.parametrize(
    ("kind", "target", "first", "second"),
    [
        ("delta_points", 2, "- | -", "80 | yes"),
        ("delta_percent", 2, "- | -", "79.56 | yes"),
        ("absolute", 81, "81 | no", "81 | no"),
    ],
)
def test_two_percent_more_than_78_is_80_or_79_56(
    spec: Callable[..., None], kind: str, target: float, first: str, second: str
) -> None:
    site = Site(targets=(Target(metric_id="csat", target=target, target_kind=kind),))
    expect = f"""
        period_start | value | target_value | is_target_met
        2025-01-01   | 78    | {first}
        2026-01-01   | 80    | {second}
    """
    spec("csat", grain="year", site=site, fact_survey_response=YEARS, expect=expect)


def test_the_most_specific_target_holds_from_its_day_on(spec: Callable[..., None]) -> None:
    site = Site(
        targets=(
            Target(metric_id="csat", target=80.0),
            Target(metric_id="csat", target=85.0, valid_from=dt.date(2026, 1, 1)),
            Target(metric_id="csat", target=70.0, channel="email", valid_from=dt.date(2026, 6, 30)),
            Target(metric_id="csat", target=10.0, channel="phone"),
            Target(metric_id="nps", target=10.0),
        )
    )
    spec(
        "csat",
        grain="year",
        site=site,
        fact_survey_response=YEARS,
        expect="""
        grouping_set | channel | period_start | target_value
        channel      | email   | 2025-01-01   | 80
        total        | -       | 2025-01-01   | 80
        channel      | email   | 2026-01-01   | 70
        total        | -       | 2026-01-01   | 85
        """,
    )


def test_less_is_better_for_a_rate_of_reopens(spec: Callable[..., None]) -> None:
    site = Site(targets=(Target(metric_id="reopen_rate", target=50.0),))
    rows = "first_resolved_on | is_reopened\n2026-06-01 | yes\n2026-06-01 | no\n2026-06-01 | no"
    spec("reopen_rate", site=site, fact_ticket=rows, expect={"is_target_met": True, "target_value": 50.0})
