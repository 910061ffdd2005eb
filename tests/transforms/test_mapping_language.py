"""What a mapping can say of cells that stand otherwise than one column, one value (docs/mapping.md)."""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import Any

import polars as pl
import pytest

from transforms.canonical import Typed, canonical
from transforms.mapping import MappingMismatchError, parse_mapping
from transforms.mapping_fields import MappingError
from transforms.scales import SCALES

KEY = b"a key for tests only"


def rows(table: str) -> pl.DataFrame:
    """A drawn table as text rows; the first line is the header."""
    header, *lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    cells = pl.DataFrame(lines, schema=dict.fromkeys(header, pl.String), orient="row")
    return cells.with_columns(line=pl.int_range(2, pl.len() + 2, dtype=pl.Int64))


def typed(mapping: str, table: str, *, slot: str = "in/a.csv") -> tuple[Typed, pl.DataFrame, pl.DataFrame, int]:
    """The split, its good and refused rows, and how many rows are not ours."""
    frame = rows(table)
    header = tuple(name for name in frame.columns if name != "line")
    parsed = parse_mapping("test", tomllib.loads(mapping), SCALES)
    split = canonical(frame.lazy(), parsed, slot=slot, header=header, zone="Europe/Paris", scales=SCALES, key=KEY)
    good, refused, not_ours = pl.collect_all([split.good, split.refused, split.not_ours])
    assert good.height + refused.height + not_ours.height == frame.height * split.rows_per_record
    assert good.schema == parsed.table.schema
    return split, good, refused, not_ours.height


def good(mapping: str, table: str, *columns: str, slot: str = "in/a.csv") -> list[tuple[Any, ...]]:
    _, found, refused, _ = typed(mapping, table, slot=slot)
    assert refused.is_empty(), refused["reasons"].to_list()
    return found.select(columns).rows()


def ticket(columns: str, read: str = "", rest: str = "") -> str:
    return f"""
        table = "feed_ticket"
        source = "desk"
        [read]
        datetimes = ["%Y-%m-%d %H:%M"]
        zone = "UTC"
        {read}
        [columns]
        {columns}
        {rest}
    """


def order(amount: str, read: str = "") -> str:
    return f"""
        table = "feed_order"
        source = "shop"
        [read]
        dates = ["%Y-%m-%d"]
        datetimes = ["%Y-%m-%d"]
        {read}
        [columns]
        order_id = ["n"]
        ordered_at = ["on"]
        amount_cents = {amount}
    """


JOINED = 'ticket_id = ["n"]\ncreated_at = { join = ["day", ["hour", "time"]], with = " ", formats = ["%Y%m%d %H:%M"] }'


def test_a_day_and_an_hour_make_one_instant() -> None:
    found = good(ticket(JOINED), "n | day | time\n1 | 20260105 | 08:30", "created_at")
    assert found == [(dt.datetime(2026, 1, 5, 8, 30, tzinfo=dt.UTC),)]


def test_a_joined_cell_is_empty_where_all_its_parts_are() -> None:
    mapping = ticket(
        'ticket_id = { join = ["shop", "n"], with = "/" }\ncreated_at = ["at"]\n'
        'resolved_at = { join = ["day", "hour"], with = " " }',
        read='missing = ["-"]',
    )
    table = """
        shop | n | at               | day        | hour
        A    | 1 | 2026-01-05 08:00 | -          |
        B    | 1 | 2026-01-05 08:00 | 2026-01-06 | 09:15
    """
    assert good(mapping, table, "ticket_id", "resolved_at") == [
        ("A/1", None),
        ("B/1", dt.datetime(2026, 1, 6, 9, 15, tzinfo=dt.UTC)),
    ]
    _, _, refused, _ = typed(mapping, "shop | n | at | day | hour\nA | 1 | 2026-01-05 08:00 | 2026-01-06 |")
    assert refused["reasons"].to_list() == [['resolved_at: "2026-01-06" is not yyyy-mm-dd hh:mm']]


def test_a_file_without_a_part_is_not_of_this_mapping_unless_that_is_said() -> None:
    with pytest.raises(MappingMismatchError, match=r"Looked for \['hour', 'time'\]"):
        typed(ticket(JOINED), "n | day\n1 | 20260105")
    optional = ticket('ticket_id = ["n"]\ncreated_at = ["at"]\ntopic = { join = ["a", "b"], optional = true }')
    assert good(optional, "n | at | a\n1 | 2026-01-05 08:00 | x", "topic") == [(None,)]


def test_the_first_filled_column_of_several_is_read() -> None:
    mapping = ticket('ticket_id = ["n"]\ncreated_at = ["at"]\nagent_id = ["who"]\ntopic = { first_of = ["b", "a"] }')
    table = "n | at | who | a | b\n1 | 2026-01-05 08:00 | x | general |\n2 | 2026-01-05 08:00 | x | general | billing"
    assert good(mapping, table, "topic") == [("general",), ("billing",)]


def test_an_amount_may_be_a_quantity_times_a_price() -> None:
    mapping = order('{ multiply = ["qty", "price"], unit = "pounds", thousands = "," }')
    table = (
        "n | on | qty | price\n1 | 2026-01-05 | 6,400,000 | £0.1\n2 | 2026-01-05 | -3 | 0.335\n3 | 2026-01-05 | 3 | 1.2"
    )
    assert good(mapping, table, "amount_cents") == [(64_000_000,), (-101,), (360,)]
    _, _, refused, _ = typed(mapping, "n | on | qty | price\n1 | 2026-01-05 | many | 2")
    assert "many × 2" in refused["reasons"][0][0]


@pytest.mark.parametrize(
    ("unit", "shown", "cents"),
    [("euros", "1 234,50 €", 123450), ("dollars", "$12,00", 1200), ("pounds", "GBP 3", 300), ("francs", "CHF 5", 500)],
)
def test_an_amount_has_the_sign_of_its_currency_or_none(unit: str, shown: str, cents: int) -> None:
    mapping = order(f'{{ headers = ["price"], unit = "{unit}", decimal = "," }}')
    assert good(mapping, f"n | on | price\n1 | 2026-01-05 | {shown}", "amount_cents") == [(cents,)]
    _, _, refused, _ = typed(mapping, "n | on | price\n1 | 2026-01-05 | ¥ 5")
    assert refused.height == 1


def test_a_part_of_a_text_can_be_read_and_a_text_without_it_is_refused() -> None:
    mapping = ticket('ticket_id = { headers = ["subject"], take = \'^#(\\d+) \' }\ncreated_at = ["at"]')
    assert good(mapping, "subject | at\n#123 no sound | 2026-01-05 08:00", "ticket_id") == [("123",)]
    _, _, refused, _ = typed(mapping, "subject | at\nno sound | 2026-01-05 08:00")
    assert refused["reasons"].to_list()[0][0].startswith('ticket_id: "no sound" is not a text with ^#')


def test_the_day_can_stand_in_the_name_of_the_file() -> None:
    mapping = ticket(
        'ticket_id = { join = ["<file>", "<line>"], with = ":" }\n'
        'created_at = { headers = ["<file>"], take = \'_(\\d{4}-\\d\\d-\\d\\d)[.]\', formats = ["%Y-%m-%d"] }\n'
        'topic = ["what"]'
    )
    found = good(mapping, "what\nsound\nlight", "ticket_id", "created_at", slot="in/desk_2026-01-05.csv")
    assert found[1] == ("desk_2026-01-05.csv:3", dt.datetime(2026, 1, 5, tzinfo=dt.UTC))


def test_rows_without_a_number_are_told_apart_by_their_content() -> None:
    mapping = ticket('ticket_id = ["<row>"]\ncreated_at = ["at"]')
    table = "at\n2026-01-05 08:00\n2026-01-05 08:00\n2026-01-06 08:00"
    numbers = [number for (number,) in good(mapping, table, "ticket_id")]
    assert len(set(numbers)) == 3
    assert [number[-2:] for number in numbers] == ["-1", "-2", "-1"]
    assert numbers == [number for (number,) in good(mapping, table, "ticket_id", slot="in/again.csv")]


ACTIVITIES = """
        [values.status]
        solved = ["Resolve ticket"]
        closed = ["Closed"]
        "" = ["*"]
        [values.topic]
        others = ["*"]
        invoice = ["Rechnung", "Facture"]
"""


def test_words_that_stand_in_no_list_can_be_left_out_or_put_together() -> None:
    mapping = ticket('ticket_id = ["n"]\ncreated_at = ["at"]\nstatus = ["act"]\ntopic = ["act"]', rest=ACTIVITIES)
    table = """
        n | at               | act
        1 | 2026-01-05 08:00 | resolve TICKET
        2 | 2026-01-05 08:00 | Wait
        3 | 2026-01-05 08:00 | facture
        4 | 2026-01-05 08:00 |
        5 | 2026-01-05 08:00 | closed
    """
    assert good(mapping, table, "status", "topic") == [
        ("solved", "others"),
        (None, "others"),
        (None, "invoice"),
        (None, None),
        ("closed", "others"),
    ]


def test_an_instant_can_be_stated_for_a_file_that_has_none() -> None:
    mapping = ticket('ticket_id = ["n"]', rest="[constants]\ncreated_at = 2026-01-05T09:00:00+01:00")
    assert good(mapping, "n\n1", "created_at") == [(dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC),)]
    with pytest.raises(MappingError, match="an instant with its offset"):
        parse_mapping("test", tomllib.loads(mapping.replace("+01:00", "")), SCALES)


REVIEW = """
    table = "feed_quality_review"
    source = "qa"
    [read]
    datetimes = ["%Y-%m-%d"]
    [columns]
    review_id = ["n"]
    category = ["what"]
    reviewed_at = ["on"]
    score_milli = { headers = ["score"], unit = "percent" }
    weight_milli = { headers = ["weight"], unit = "percent" }
    [constants]
    low_milli = 0
    high_milli = 100000
"""


def test_percentages_are_exact_and_refused_where_they_do_not_fit() -> None:
    table = "n | what | on | score | weight\n1 | tone | 2026-01-05 | 94.01% | 12.5 %\n2 | tone | 2026-01-05 | 7 | 100"
    assert good(REVIEW, table, "score_milli", "weight_milli") == [(94_010, 125), (7_000, 1000)]
    _, _, refused, _ = typed(REVIEW, "n | what | on | score | weight\n1 | tone | 2026-01-05 | 94.0123% | 1.25%")
    assert len(refused["reasons"][0]) == 2
    points = REVIEW.replace('["score"], unit = "percent"', '["score"]')
    assert good(points, "n | what | on | score | weight\n1 | t | 2026-01-05 | 4.5 |", "score_milli") == [(4_500,)]
    _, _, refused, _ = typed(points, "n | what | on | score | weight\n1 | t | 2026-01-05 | 94.01% |")
    assert refused["reasons"][0][0] == 'score_milli: "94.01%" is not a number (points) of at most 3 decimals'


CALL = """
    table = "feed_contact"
    source = "pabx"
    [read]
    datetimes = ["%d/%m/%y %I:%M:%S %p"]
    two_digit_years_from = 1990
    zone = "Europe/Paris"
    missing = ["-", "?"]
    [columns]
    contact_id = ["n"]
    started_at = ["at"]
    wait_s = { headers = ["wait"], unit = "hh:mm:ss" }
    talk_s = { headers = ["talk"], unit = "hh:mm" }
    concurrency = ["chats"]
"""


def test_an_old_telephone_system_is_read_exactly() -> None:
    table = """
        n | at                       | wait    | talk  | chats
        1 | 05/01/26 12:05:00 AM     | 0:02:14 | 1:05  | 1\u00a0234
        2 | 05/01/26 12:05:00\u202fPM | -       | 48:00 | ?
        3 | 31/12/90 01:00:00 p.m.   | 27:00:01 | -    | 1
    """
    found = good(CALL, table, "started_at", "wait_s", "talk_s", "concurrency")
    assert [(at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M"), *rest) for at, *rest in found] == [
        ("2026-01-04 23:05", 134, 3_900, 1_234),
        ("2026-01-05 11:05", None, 172_800, None),
        ("1990-12-31 12:00", 97_201, None, 1),
    ]


@pytest.mark.parametrize(
    ("at", "wait"),
    [
        ("05/01/26 13:05:00 PM", "-"),
        ("05/01/26 00:05:00 AM", "-"),
        ("05/01/26 01:05:00", "-"),
        ("30/02/26 01:05:00 AM", "-"),
    ]
    + [("05/01/26 01:05:00 AM", wait) for wait in ("0:62:14", "2:14", "1h", "0:02:14.5")],
)
def test_what_does_not_fit_is_refused(at: str, wait: str) -> None:
    _, _, refused, _ = typed(CALL, f"n | at | wait | talk | chats\n1 | {at} | {wait} | - | 1")
    assert refused.height == 1


def test_a_two_digit_year_needs_its_century() -> None:
    with pytest.raises(MappingError, match="two_digit_years_from = 1970"):
        parse_mapping("test", tomllib.loads(CALL.replace("two_digit_years_from = 1990", "")), SCALES)


WIDE = """
    table = "feed_survey"
    source = "forms"
    [read]
    datetimes = ["%Y-%m-%d"]
    [unpivot]
    columns = ["belong", "happy", "safe"]
    name_to = "item"
    value_to = "answer"
    [columns]
    invitation_id = ["n"]
    response_id = { join = ["n", "item"], with = "/" }
    answered_at = ["on"]
    question = ["item"]
    score_milli = ["answer"]
    scale = ["item"]
    [values.scale]
    "1-7" = ["safe"]
    "1-5" = ["*"]
    [constants]
    kind = "csat"
"""
ANSWERS = """
    n | on         | belong | happy | safe
    1 | 2026-01-05 | 4      | 5     | 7
    2 | 2026-01-05 | 3      |       | 6
    3 | 2026-01-05 | ?      | 5     | 1
"""


def test_each_question_of_a_form_is_a_row_and_an_unanswered_one_is_not_ours() -> None:
    split, found, refused, not_ours = typed(WIDE, ANSWERS)
    assert (split.rows_per_record, found.height, refused.height, not_ours) == (3, 7, 1, 1)
    assert found.select("response_id", "question", "score_milli", "scale", "line").rows()[:3] == [
        ("1/belong", "belong", 4_000, "1-5", 2),
        ("1/happy", "happy", 5_000, "1-5", 2),
        ("1/safe", "safe", 7_000, "1-7", 2),
    ]
    assert refused["raw"].to_list() == ["3;2026-01-05;belong;?"]
    assert split.unknown_headers == ()


def test_a_form_that_lost_a_question_is_refused_unless_that_is_said() -> None:
    table = "n | on | belong | safe\n1 | 2026-01-05 | 4 | 7"
    with pytest.raises(MappingMismatchError, match=r"a.csv: Looked for the columns \['happy'\]"):
        typed(WIDE, table)
    split, found, _, _ = typed(WIDE.replace('value_to = "answer"', 'value_to = "answer"\noptional = true'), table)
    assert (split.rows_per_record, found.height) == (2, 2)


QUARTERS = r"""
    table = "feed_cost"
    source = "gov"
    [read]
    dates = ["%Y-Q%q"]
    thousands = ","
    [unpivot]
    pattern = '(?P<quarter>\d{4}-Q\d) (?P<value>Vol[.]|CPT)'
    [columns]
    booked_on = ["quarter"]
    amount_cents = { multiply = ["Vol.", "CPT"], unit = "pounds" }
    team = ["service"]
    [constants]
    kind = "direct"
"""


def test_a_pair_of_columns_per_quarter_is_a_row_per_quarter() -> None:
    table = (
        "service | 2012-Q4 Vol. | 2012-Q4 CPT | 2013-Q1 Vol. | 2013-Q1 CPT\nA | 6,400 | 0.1 | 10 | 2\nB | | | 7 | 1.5"
    )
    split, found, refused, not_ours = typed(QUARTERS, table)
    assert refused.is_empty()
    assert (split.rows_per_record, not_ours) == (2, 1)
    assert found.select("team", "booked_on", "amount_cents").rows() == [
        ("a", dt.date(2012, 10, 1), 64_000),
        ("a", dt.date(2013, 1, 1), 2_000),
        ("b", dt.date(2013, 1, 1), 1_050),
    ]
    assert found["entry_id"].n_unique() == 3


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('columns = ["belong", "happy", "safe"]', "", "needs columns or pattern"),
        ('name_to = "item"', "", "unpivot name_to is ''"),
        ('value_to = "answer"', "", "unpivot value_to is ''"),
        ('value_to = "answer"', 'value_to = "answer"\nvalues_to = "x"', "did you mean 'value_to'"),
        ('columns = ["belong", "happy", "safe"]', 'pattern = "("', "regular expression"),
        ('question = ["item"]', 'question = { headers = ["item"], join = ["item"] }', "headers and join"),
        ('question = ["item"]', "question = { optional = true }", "none of them of headers, join"),
        ('question = ["item"]', "question = { join = [] }", "lists no header"),
        ('question = ["item"]', 'question = { headers = ["item"], with = " " }', "beside join"),
        ('question = ["item"]', "question = { headers = [\"item\"], take = 'a' }", "0 groups"),
        ('question = ["item"]', 'question = { multiply = ["a", "b", "c"] }', "list the two"),
        ('question = ["item"]', 'question = { multiply = ["a", "b"] }', "no amount or count"),
        ('datetimes = ["%Y-%m-%d"]', 'datetimes = ["%Y-%m-%d %I:%M"]', "%I with %p"),
        ('datetimes = ["%Y-%m-%d"]', 'datetimes = ["%Y-%m-%d"]\ntwo_digit_years_from = 70', "1900 to 2000"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_meant_says_what_to_write(was: str, becomes: str, says: str) -> None:
    with pytest.raises(MappingError, match=says.replace("(", r"\(")):
        parse_mapping("test", tomllib.loads(WIDE.replace(was, becomes)), SCALES)


HISTORY = """
    table = "feed_ticket_event"
    source = "desk"
    only_rows_where = { Field = ["Status", "group"] }
    [read]
    datetimes = ["%Y-%m-%d"]
    [columns]
    ticket_id = ["n"]
    occurred_at = ["on"]
    kind = ["field"]
    status = { headers = ["value"], where = { field = ["status"] } }
    team = { headers = ["value"], where = { field = ["group"] } }
    [values.kind]
    status = ["status"]
    team = ["group"]
"""


def test_a_value_means_what_the_column_beside_it_says() -> None:
    table = "n | on | field | value\n1 | 2026-01-05 | STATUS | open\n1 | 2026-01-06 | group | Open\n1 | 2026-01-06 | tag | x"
    with pytest.raises(MappingMismatchError, match=r"columns \['Field'\] of a where"):
        typed(HISTORY, table)
    split, found, refused, not_ours = typed(HISTORY.replace("Field", "field"), table)
    assert found.select("kind", "status", "team").rows() == [("status", "open", None), ("team", None, "open")]
    assert (refused.height, not_ours, split.unknown_headers) == (0, 1, ())


def test_a_condition_needs_words() -> None:
    with pytest.raises(MappingError, match="only_rows_where is"):
        parse_mapping("test", tomllib.loads(HISTORY.replace('{ Field = ["Status", "group"] }', "{}")), SCALES)


@pytest.mark.parametrize("mapping", [WIDE, QUARTERS, HISTORY])
def test_a_file_of_nothing_has_no_rows_where_that_may_be(mapping: str) -> None:
    parsed = parse_mapping("test", tomllib.loads(mapping.replace("[read]", "[read]\nmay_be_empty = true")), SCALES)
    nothing = pl.LazyFrame(schema={"line": pl.Int64})
    split = canonical(nothing, parsed, slot="in/a.csv", header=(), zone="Europe/Paris", scales=SCALES, key=KEY)
    assert [found.height for found in pl.collect_all([split.good, split.refused, split.not_ours])] == [0, 0, 0]
