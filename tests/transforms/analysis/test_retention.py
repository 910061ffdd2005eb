"""The alarm on the balance formula."""

import datetime as dt

from expectations.tables.fact_commerce import FACT_CUSTOMER_PERIOD
from tests.transforms.analysis.drawn import frame
from transforms.analysis import Evidence, alarms
from transforms.site import Site

COUNTS = ("active_at_start", "active_at_end", "kept", "lost", "gained", "returned")


def test_returned_customers_raise_the_alarm_in_the_months_of_the_last_year() -> None:
    drawn = {
        ("month", dt.date(2026, 3, 31), "a"): (60, 80, 50, 10, 20, 10),
        ("month", dt.date(2026, 3, 31), "b"): (40, 45, 30, 10, 10, 5),
        ("month", dt.date(2026, 2, 28), "a"): (60, 60, 60, 0, 0, 0),
        ("quarter", dt.date(2026, 3, 31), "a"): (60, 80, 50, 10, 20, 10),
        ("month", dt.date(2024, 3, 31), "a"): (60, 80, 50, 10, 20, 10),
    }
    rows = [
        {"grain": grain, "period_end_on": end, "segment": segment, **dict(zip(COUNTS, counts, strict=True))}
        for (grain, end, segment), counts in drawn.items()
    ]
    periods = frame(FACT_CUSTOMER_PERIOD, rows)
    evidence = Evidence(frames={"fact_customer_period": periods}, site=Site(), as_of=dt.date(2026, 3, 31))
    (found,) = alarms(evidence).collect().to_dicts()
    assert (found["alarm_id"], found["subject"], found["n"]) == ("retention_by_balance_differs", "2026-03", 100)
    assert (found["value"], found["compared_with"]) == (95.0, 80.0)
    assert "15 lost customers returned" in found["detail"]
