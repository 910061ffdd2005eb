import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

from expectations.tables.fact_ticket import EXCLUSIONS
from transforms.metrics import METRICS

# A clean; B repeated by B2; C three contacts; E reopened; F transferred; G no reply; H resolved two days before the
# as-of date; I, then I2 on another topic. The facts say what each ticket is, the metric only counts.
TEN = """
    ticket_id | is_resolved | is_fcr_eligible | is_mature | is_first_contact_resolution | is_one_touch | is_reopened | resolved_on
    A         | yes         | yes             | yes       | yes                         | yes          | no          | 2026-01-05
    B         | yes         | yes             | yes       | no                          | yes          | no          | 2026-01-05
    B2        | yes         | yes             | yes       | yes                         | yes          | no          | 2026-01-08
    C         | yes         | yes             | yes       | no                          | no           | no          | 2026-01-05
    E         | yes         | yes             | yes       | no                          | no           | yes         | 2026-01-06
    F         | yes         | yes             | yes       | no                          | yes          | no          | 2026-01-06
    G         | yes         | no              | yes       | no                          | no           | no          | 2026-01-06
    H         | yes         | yes             | no        | -                           | yes          | no          | 2026-01-30
    I         | yes         | yes             | yes       | yes                         | yes          | no          | 2026-01-05
    I2        | yes         | yes             | yes       | yes                         | yes          | no          | 2026-01-06
"""


@pytest.mark.parametrize(("metric", "numerator"), [("fcr_rate", 4), ("one_touch_rate", 6), ("no_reopen_rate", 7)])
def test_fcr_and_its_neighbours_share_their_denominator(spec: Callable[..., None], metric: str, numerator: int) -> None:
    spec(metric, expect={"numerator": numerator, "denominator": 8, "value": numerator * 12.5}, fact_ticket=TEN)


def test_without_events_there_is_no_fcr_and_not_a_zero(values: Callable[..., pl.DataFrame]) -> None:
    assert values(
        "fcr_rate",
        fact_ticket="""
        is_resolved | resolved_on | is_fcr_eligible | is_mature | is_first_contact_resolution
        yes         | 2026-01-05  | yes             | yes       | -
    """,
    ).is_empty()


def test_contacts_per_case_is_a_mean_of_resolved_tickets(spec: Callable[..., None]) -> None:
    spec(
        "contacts_per_case",
        expect={"numerator": 12, "denominator": 6, "value": 2.0},
        fact_ticket="""
        is_resolved | resolved_on | customer_contact_count | rows
        yes         | 2026-01-05  | 1                      | 3
        yes         | 2026-01-05  | 2                      | 1
        yes         | 2026-01-05  | 3                      | 1
        yes         | 2026-01-05  | 4                      | 1
        no          | -           | 9                      | 1
    """,
    )


REOPENED = """
    first_resolved_on | resolved_on | is_resolved | is_reopened
    2026-01-05        | 2026-03-03  | yes         | yes
    2026-01-06        | -           | no          | yes
    2026-01-07        | 2026-01-07  | yes         | no
    2026-01-08        | 2026-01-08  | yes         | no
"""


def test_reopens_belong_to_the_cohort_of_the_first_resolution(spec: Callable[..., None]) -> None:
    expect = {"period_start": dt.date(2026, 1, 1), "numerator": 2, "denominator": 4, "value": 50.0}
    spec("reopen_rate", expect=expect, fact_ticket=REOPENED)


MOVES = """
    is_resolved | resolved_on | is_escalated | escalation_count | transfer_count | is_auto_resolved
    yes         | 2026-01-05  | yes          | 2                | 0              | no
    yes         | 2026-01-05  | no           | 0                | 1              | no
    yes         | 2026-01-05  | no           | 0                | 0              | yes
    yes         | 2026-01-05  | no           | 0                | 0              | no
    no          | -           | yes          | 1                | 1              | no
"""


@pytest.mark.parametrize(
    ("metric", "numerator", "value"),
    [
        ("escalation_rate", 1, 25.0),
        ("escalations_per_ticket", 2, 0.5),
        ("transfer_rate", 1, 25.0),
        ("auto_resolved_rate", 1, 25.0),
    ],
)
def test_escalated_twice_counts_once_in_the_rate(
    spec: Callable[..., None], metric: str, numerator: int, value: float
) -> None:
    spec(metric, expect={"numerator": numerator, "denominator": 4, "value": value}, fact_ticket=MOVES)


def test_a_response_time_is_dated_by_the_response(spec: Callable[..., None]) -> None:
    spec(
        "first_response_time_calendar_mean",
        fact_ticket="""
        created_on | first_response_on | first_response_calendar_s | is_counted
        2026-01-31 | 2026-02-01        | 1200                      | yes
        2026-01-31 | 2026-02-01        | 600                       | yes
        2026-01-31 | 2026-02-01        | 9999                      | no
        2026-01-31 | -                 | -                         | yes
        """,
        as_of=dt.date(2026, 2, 28),
        expect="""
        period_start | numerator | denominator | n | sum_sq  | value | ci_low | ci_high
        2026-02-01   | 1800      | 2           | 2 | 1800000 | 900   | 0      | 4711.86
        """,
    )


def test_an_automatic_reply_has_a_time_of_its_own(spec: Callable[..., None]) -> None:
    rows = "first_response_on | first_response_calendar_s | auto_response_s\n2026-01-05 | 1200 | 30"
    spec("auto_response_time_mean", expect={"value": 30.0}, fact_ticket=rows)
    spec("first_response_time_calendar_mean", expect={"value": 1200.0}, fact_ticket=rows)


@pytest.mark.parametrize("clock", ["calendar", "business"])
def test_a_bot_cuts_the_response_time_and_the_whole_wait_stands_beside_it(
    spec: Callable[..., None], clock: str
) -> None:
    rows = f"""
        first_response_on | first_response_{clock}_s | first_response_from_first_message_{clock}_s
        2026-01-05        | 1800                     | 2400
        2026-01-05        | 600                      | 600
    """
    spec(f"first_response_time_{clock}_mean", expect={"numerator": 2400, "value": 1200.0}, fact_ticket=rows)
    whole = f"first_response_time_from_first_message_{clock}_mean"
    spec(whole, expect={"numerator": 3000, "denominator": 2, "value": 1500.0}, fact_ticket=rows)


@pytest.mark.parametrize(
    ("metric", "hours"),
    [
        ("resolution_time_calendar_p50", 2.5),
        ("resolution_time_calendar_p90", 35.9),
        ("resolution_time_calendar_mean", 14.0),
    ],
)
def test_percentiles_follow_the_integer_formula(spec: Callable[..., None], metric: str, hours: float) -> None:
    spec(
        metric,
        expect={"n": 4, "value": hours * 3600},
        fact_ticket="""
        resolved_on | resolution_calendar_s | is_resolved
        2026-01-05  | 3600                  | yes
        2026-01-05  | 7200                  | yes
        2026-01-05  | 10800                 | yes
        2026-01-08  | 180000                | yes
        2026-01-08  | -                     | no
    """,
    )


def test_the_median_with_open_tickets_is_kaplan_meier(spec: Callable[..., None]) -> None:
    spec(
        "resolution_time_censored_p50",
        expect={"n": 8, "value": 50.0 * 3600, "numerator": None, "status": "ok"},
        fact_ticket="""
        is_resolved | observed_s
        yes         | 3600
        yes         | 7200
        yes         | 10800
        yes         | 180000
        no          | 108000
        no          | 144000
        no          | 216000
        no          | 252000
    """,
    )


def test_a_median_nobody_has_reached_is_no_number(spec: Callable[..., None]) -> None:
    rows = "is_resolved | observed_s\nyes | 10\nno | 20\nno | 30"
    spec("resolution_time_censored_p50", expect={"n": 3, "value": None, "status": "no_data"}, fact_ticket=rows)


def test_reopened_times_are_kept_apart(spec: Callable[..., None]) -> None:
    rows = """
        first_resolved_on | resolved_on | first_resolution_calendar_s | resolution_calendar_s | resolution_business_s | is_resolved
        2026-01-05        | 2026-01-06  | 10800                       | 90000                 | 36000                 | yes
    """
    for metric, hours in (
        ("first_resolution_time_calendar_mean", 3.0),
        ("resolution_time_calendar_mean", 25.0),
        ("resolution_time_business_mean", 10.0),
    ):
        spec(metric, expect={"value": hours * 3600}, fact_ticket=rows)


def test_a_target_judges_only_responses_that_have_one(spec: Callable[..., None]) -> None:
    spec(
        "first_response_within_target_rate",
        expect={"numerator": 1, "denominator": 2, "value": 50.0},
        fact_ticket="""
        first_response_on | first_response_business_s | first_response_target_s
        2026-01-05        | 3600                      | 3600
        2026-01-05        | 3601                      | 3600
        2026-01-05        | 10                        | -
        2026-01-05        | -                         | 3600
    """,
    )


def test_who_may_still_be_answered_is_not_unanswered(spec: Callable[..., None]) -> None:
    rows = "is_unanswered | rows\nyes | 1\nno | 3\n- | 5"
    spec("unanswered_rate", expect={"numerator": 1, "denominator": 4, "value": 25.0}, fact_ticket=rows)


# 1,000 answered, 860 of them in time; 60 given up, 10 of them within 5 s: those were never offered.
CALLS = """
    is_offered | is_handled | is_abandoned | is_answered_within | handle_s | rows
    yes        | yes        | no           | yes                | 300      | 860
    yes        | yes        | no           | no                 | 600      | 140
    yes        | no         | yes          | no                 | -        | 50
    no         | no         | no           | no                 | -        | 10
"""


@pytest.mark.parametrize(
    ("metric", "numerator", "denominator", "value"),
    [
        ("service_level", 860, 1050, 81.90),
        ("abandonment_rate", 50, 1050, 4.76),
        ("average_handle_time", 342_000, 1000, 342.0),
        ("contact_volume", 1060, None, 1060.0),
    ],
)
def test_short_abandonments_are_not_offered(
    spec: Callable[..., None], metric: str, numerator: int, denominator: int | None, value: float
) -> None:
    spec(metric, expect={"numerator": numerator, "denominator": denominator, "value": value}, fact_contact=CALLS)


def test_a_call_of_unknown_wait_is_not_judged(spec: Callable[..., None]) -> None:
    rows = "is_answered_within | is_abandoned\nyes | no\n- | no\nno | yes"
    spec("service_level", expect={"numerator": 1, "denominator": 2}, fact_contact=rows)


TALLIES = """
    contacts | is_offered | is_handled | is_abandoned | is_answered_within | handle_s | wait_s
    1        | yes        | yes        | no           | yes                | 100      | 5
    860      | yes        | yes        | no           | yes                | 258000   | 8600
    140      | yes        | yes        | no           | no                 | 84000    | 14000
    50       | yes        | no         | yes          | no                 | -        | -
    10       | no         | no         | no           | no                 | -        | -
"""


@pytest.mark.parametrize(
    ("metric", "numerator", "denominator"),
    [
        ("service_level", 861, 1051),
        ("abandonment_rate", 50, 1051),
        ("average_handle_time", 342_100, 1001),
        ("average_speed_of_answer", 22_605, 1001),
        ("contact_volume", 1061, None),
    ],
)
def test_a_row_counts_for_the_contacts_it_stands_for(
    spec: Callable[..., None], metric: str, numerator: int, denominator: int | None
) -> None:
    expect = {"numerator": numerator, "denominator": denominator, "n": denominator or 5}
    spec(metric, expect=expect, fact_contact=TALLIES)


def test_the_spread_of_contacts_told_together_is_unknown(spec: Callable[..., None]) -> None:
    spec("average_handle_time", expect={"ci_low": None, "sum_sq": None, "n": 1001}, fact_contact=TALLIES)
    spec("average_handle_time", expect={"sum_sq": 860 * 90_000.0 + 140 * 360_000.0}, fact_contact=CALLS)


def test_occupancy_and_utilisation_of_a_day(spec: Callable[..., None]) -> None:
    rows = "paid_s | handling_s | available_s | productive_s\n28800 | 19800 | 2700 | 19800"
    spec("occupancy", expect={"value": 88.0}, fact_agent_day=rows)
    spec("utilisation", expect={"value": 68.75}, fact_agent_day=rows)


HEADS = """
    headcount_days | leavers | voluntary_leavers | rows
    20             | 0       | 0                 | 10
    19             | 0       | 0                 | 9
    19             | 1       | 1                 | 1
    18             | 0       | 0                 | 9
    18             | 1       | 0                 | 1
"""


@pytest.mark.parametrize(
    ("metric", "leavers", "value"), [("turnover_rate", 2, 128.07), ("voluntary_turnover_rate", 1, 64.04)]
)
def test_turnover_is_leavers_by_headcount_days(
    spec: Callable[..., None], metric: str, leavers: int, value: float
) -> None:
    expect = {"numerator": leavers * 365, "denominator": 570, "value": value}
    spec(metric, expect=expect, fact_agent_day=HEADS)


@pytest.mark.parametrize("metric", ["turnover_rate", "voluntary_turnover_rate", "headcount"])
def test_days_worked_alone_tell_of_no_turnover(values: Callable[..., pl.DataFrame], metric: str) -> None:
    worked = "headcount_days | paid_s | team\n0 | 28800 | a\n0 | 28800 | b"
    assert values(metric, fact_agent_day=worked).is_empty()


def test_headcount_is_that_of_the_last_day(spec: Callable[..., None]) -> None:
    spec(
        "headcount",
        fact_agent_day="""
        work_on    | headcount_days | team
        2026-05-30 | 1              | a
        2026-05-31 | 20             | a
        2026-05-31 | 4              | b
        2026-06-30 | 18             | a
        """,
        expect="""
        grouping_set | team | period_start | value
        team         | a    | 2026-05-01   | 20
        team         | b    | 2026-05-01   | 4
        total        | -    | 2026-05-01   | 24
        team         | a    | 2026-06-01   | 18
        team         | b    | 2026-06-01   | 0
        total        | -    | 2026-06-01   | 18
        """,
    )


def test_rostered_against_required_staff(spec: Callable[..., None], values: Callable[..., pl.DataFrame]) -> None:
    """20 people required in two half hours are 20 hours; on a day without a roster nothing is compared."""
    required = """
        day_on     | team | required_s | is_rostered
        2026-01-05 | a    | 36000      | yes
        2026-01-05 | a    | 36000      | yes
        2026-01-06 | a    | 36000      | no
    """
    rostered = """
        work_on    | team | paid_s | is_on_queue
        2026-01-05 | a    | 28800  | yes
        2026-01-05 | a    | 28800  | yes
        2026-01-05 | mail | 28800  | no
    """
    given = {"fact_required_staff": required, "fact_agent_day": rostered}
    spec("required_staff", expect={"numerator": 108_000, "value": 108_000.0}, **given)
    spec("rostered_staff", expect={"numerator": 57_600, "value": 57_600.0}, **given)
    spec("staffing_coverage_rate", expect={"numerator": 57_600, "denominator": 72_000, "value": 80.0}, **given)
    unknown = "work_on | team | is_on_queue\n2026-01-05 | a | -"
    assert values("rostered_staff", fact_agent_day=unknown).is_empty()
    assert values("staffing_coverage_rate", fact_required_staff=required).is_empty()


PROMISES = """
    created_on | first_response_on | is_sla_first_response_met | is_sla_resolution_met | is_counted
    2026-01-05 | 2026-02-01        | yes                       | no                    | yes
    2026-01-05 | -                 | no                        | -                     | yes
    2026-01-05 | -                 | -                         | -                     | yes
    2026-01-05 | -                 | yes                       | yes                   | no
    2026-01-05 | 2026-01-05        | yes                       | yes                   | yes
"""


@pytest.mark.parametrize(
    ("metric", "kept", "judged"),
    [("sla_attainment_rate", 3, 5), ("sla_first_response_rate", 2, 3), ("sla_resolution_rate", 1, 2)],
)
def test_promises_kept_among_those_judged_by_day_of_creation(
    spec: Callable[..., None], metric: str, kept: int, judged: int
) -> None:
    expect = {"period_start": dt.date(2026, 1, 1), "numerator": kept, "denominator": judged, "n": judged}
    spec(metric, expect=expect | {"value": 100 * kept / judged}, fact_ticket=PROMISES)


def test_without_a_promise_there_is_no_attainment(values: Callable[..., pl.DataFrame]) -> None:
    assert values("sla_attainment_rate", fact_ticket="created_on\n2026-01-05").is_empty()


EXCLUDED = """
    exclusion_reason | is_counted | rows
    -                | yes        | 5
    test             | no         | 1
    spam             | no         | 2
    merged           | no         | 3
"""


@pytest.mark.parametrize(
    ("metric", "number"),
    [
        ("ticket_volume", 5),
        ("excluded_volume", 6),
        ("excluded_test", 1),
        ("excluded_deleted", 0),
        ("excluded_spam", 2),
        ("excluded_merged", 3),
        ("excluded_outbound", 0),
        ("excluded_duplicate", 0),
    ],
)
def test_each_reason_of_exclusion_is_a_count(spec: Callable[..., None], metric: str, number: int) -> None:
    spec(metric, expect={"numerator": number, "value": float(number)}, fact_ticket=EXCLUDED)


def test_every_reason_of_exclusion_has_its_count() -> None:
    assert {f"excluded_{reason}" for reason in EXCLUSIONS} <= set(METRICS)


COSTS = """
    month_on   | channel | allocated_cents | handled_contacts | resolved_tickets
    2026-06-01 | phone   | 1609655         | 1000             | 800
    2026-06-01 | chat    | 1147241         | 1500             | 1200
    2026-06-01 | email   | 2793104         | 2500             | 2000
"""


def test_cost_per_contact_adds_up_to_the_ledger(spec: Callable[..., None]) -> None:
    spec(
        "cost_per_contact",
        fact_cost_allocation=COSTS,
        expect="""
        grouping_set | channel | numerator | denominator | value
        channel      | chat    | 1147241   | 1500        | 7.6483
        channel      | email   | 2793104   | 2500        | 11.1724
        channel      | phone   | 1609655   | 1000        | 16.0966
        total        | -       | 5550000   | 5000        | 11.1
        """,
    )
    spec("service_cost", expect={"value": 55_500.0}, fact_cost_allocation=COSTS)
    spec("cost_per_resolution", expect={"value": 13.875}, fact_cost_allocation=COSTS)


def test_a_month_of_cost_is_not_the_cost_of_its_first_day(values: Callable[..., pl.DataFrame]) -> None:
    assert values("cost_per_contact", grain="day", fact_cost_allocation=COSTS).is_empty()


def test_backlog_is_added_over_cuts_and_not_over_time(spec: Callable[..., None]) -> None:
    spec(
        "backlog",
        fact_backlog_daily="""
        day_on     | channel | opening | created | reopened | resolved | excluded | closing | age_0_1_d
        2026-04-29 | email   | 0       | 120     | 0        | 0        | 0        | 120     | 120
        2026-04-30 | email   | 120     | 300     | 15       | 280      | 0        | 155     | 155
        2026-04-30 | phone   | 0       | 7       | 0        | 0        | 0        | 7       | 7
        2026-05-01 | email   | 155     | 0       | 0        | 155      | 0        | 0       | 0
        2026-06-30 | phone   | 7       | 0       | 0        | 2        | 0        | 5       | 5
        """,
        expect="""
        grouping_set | channel | period_start | numerator | n   | value
        channel      | email   | 2026-04-01   | 155       | 155 | 155
        channel      | phone   | 2026-04-01   | 7         | 7   | 7
        total        | -       | 2026-04-01   | 162       | 162 | 162
        channel      | email   | 2026-05-01   | 0         | 0   | 0
        channel      | phone   | 2026-05-01   | 0         | 0   | 0
        total        | -       | 2026-05-01   | 0         | 0   | 0
        channel      | email   | 2026-06-01   | 0         | 0   | 0
        channel      | phone   | 2026-06-01   | 5         | 5   | 5
        total        | -       | 2026-06-01   | 5         | 5   | 5
        """,
    )
