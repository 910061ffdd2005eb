from __future__ import annotations

import polars as pl

from tests.transforms.facts.text_tables import by_id, facts

TEN_TICKETS = """
    ticket_id | customer_id | topic     | created_at       | resolved_at      | customer_contact_count | human_reply_count | reopen_count | transfer_count | escalation_count
    A         | c1          | facture   | 2026-01-05 08:00 | 2026-01-05 10:00 | 1                      | 1                 | 0            | 0              | 0
    B         | c2          | facture   | 2026-01-05 09:00 | 2026-01-05 11:00 | 1                      | 1                 | 0            | 0              | 0
    B2        | c2          | facture   | 2026-01-08 09:00 | 2026-01-08 11:00 | 1                      | 1                 | 0            | 0              | 0
    C         | c3          | livraison | 2026-01-05 10:00 | 2026-01-05 12:00 | 3                      | 2                 | 0            | 0              | 0
    E         | c4          | livraison | 2026-01-06 07:00 | 2026-01-06 09:00 | 1                      | 1                 | 1            | 0              | 0
    F         | c5          | facture   | 2026-01-06 07:00 | 2026-01-06 09:00 | 1                      | 1                 | 0            | 1              | 0
    G         | c6          | compte    | 2026-01-06 07:00 | 2026-01-06 09:00 | 1                      | 0                 | 0            | 0              | 0
    H         | c7          | compte    | 2026-01-30 07:00 | 2026-01-30 09:00 | 1                      | 1                 | 0            | 0              | 0
    I         | c8          | facture   | 2026-01-05 08:00 | 2026-01-05 10:00 | 1                      | 1                 | 0            | 0              | 0
    I2        | c8          | compte    | 2026-01-06 08:00 | 2026-01-06 10:00 | 1                      | 1                 | 0            | 0              | 0
"""
DESK = """
    ticket_id | customer_id | topic  | created_at       | resolved_at      | customer_contact_count | human_reply_count | reopen_count | transfer_count | escalation_count | is_test
"""


def test_ten_tickets_of_which_four_of_eight_are_solved_at_the_first_contact() -> None:
    fact = facts("2026-01-31", feed_ticket=TEN_TICKETS)["fact_ticket"]
    eligible = fact.filter("is_fcr_eligible", "is_mature")
    assert (eligible.filter("is_first_contact_resolution")["ticket_id"].sort().to_list(), eligible.height) == (
        ["A", "B2", "I", "I2"],
        8,
    )
    assert eligible["is_one_touch"].sum() == 6
    assert eligible.filter(~pl.col("is_reopened")).height == 7
    assert fact.filter(~pl.col("is_mature"))["ticket_id"].to_list() == ["H"]
    assert fact.filter(~pl.col("is_fcr_eligible"))["ticket_id"].to_list() == ["G"]


def test_a_repeat_is_within_seven_days_to_the_second() -> None:
    lines = (
        DESK.strip()
        + """
    a  | a | x | 2026-01-05 08:00 | 2026-01-05 10:00:00 | 1 | 1 | 0 | 0 | 0 | no
    a2 | a | x | 2026-01-12 10:00:00 | - | 1 | 1 | 0 | 0 | 0 | no
    b  | b | x | 2026-01-05 08:00 | 2026-01-05 10:00:00 | 1 | 1 | 0 | 0 | 0 | no
    b2 | b | x | 2026-01-12 10:00:01 | - | 1 | 1 | 0 | 0 | 0 | no
    c  | c | x | 2026-01-05 08:00 | 2026-01-05 10:00:00 | 1 | 1 | 0 | 0 | 0 | no
    c2 | c | x | 2026-01-05 10:00:00 | - | 1 | 1 | 0 | 0 | 0 | no
    d  | d | x | 2026-01-05 08:00 | 2026-01-05 10:00:00 | 1 | 1 | 0 | 0 | 0 | no
    d2 | d | x | 2026-01-06 10:00:00 | - | 1 | 1 | 0 | 0 | 0 | yes
    e  | e | - | 2026-01-05 08:00 | 2026-01-05 10:00:00 | 1 | 1 | 0 | 0 | 0 | no
    e2 | e | - | 2026-01-06 10:00:00 | - | 1 | 1 | 0 | 0 | 0 | no
    f  | - | x | 2026-01-05 08:00 | 2026-01-05 10:00:00 | 1 | 1 | 0 | 0 | 0 | no
    """
    )
    repeated = by_id(
        facts("2026-01-31", feed_ticket=lines)["fact_ticket"], "is_repeated", "is_first_contact_resolution"
    )
    assert {t: repeated[t] for t in "abcdef"} == {
        "a": (True, False),
        "b": (False, True),
        "c": (False, True),
        "d": (False, True),
        "e": (True, False),
        "f": (None, None),
    }
    assert repeated["a2"] == (None, None)
