"""Text rows become feed rows, refused rows with a reason, or rows that are not ours; none is lost."""

from __future__ import annotations

import datetime as dt
import tomllib

import polars as pl
import pytest

from expectations.tables import FEEDS
from transforms.canonical import canonical
from transforms.mapping import MappingMismatchError, parse_mapping
from transforms.privacy import KeyMissingError, pseudonym
from transforms.scales import SCALES

KEY = b"a key for tests only"


def frame(table: str) -> pl.DataFrame:
    """A drawn table as text rows; the first line is the header, and cells may be empty."""
    header, *lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    cells = pl.DataFrame(lines, schema=dict.fromkeys(header, pl.String), orient="row")
    return cells.with_columns(line=pl.int_range(2, pl.len() + 2, dtype=pl.Int64))


def split(mapping: str, rows: pl.DataFrame, **options: str) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    parsed = parse_mapping("test", tomllib.loads(mapping), SCALES)
    header = tuple(name for name in rows.columns if name != "line")
    zone = options.get("zone", "Europe/Paris")
    typed = canonical(rows.lazy(), parsed, slot="in/a.csv", header=header, zone=zone, scales=SCALES, key=KEY)
    good, refused, not_ours = pl.collect_all([typed.good, typed.refused, typed.not_ours])
    assert good.height + refused.height + not_ours.height == rows.height
    assert good.schema == parsed.table.schema
    assert refused.schema == {"line": pl.Int64, "reasons": pl.List(pl.String), "raw": pl.String}
    return good, refused, not_ours


TICKETS = """
table = "feed_ticket"
source = "zendesk"
[read]
datetimes = ["%d/%m/%Y %H:%M"]
missing = ["N/A"]
[columns]
ticket_id = ["Id"]
created_at = ["Créé"]
first_response_at = ["Répondu"]
status = ["État"]
channel = ["Canal"]
team = ["Équipe"]
customer_id = ["Client"]
topic = ["Sujet"]
reopen_count = ["Réouvertures"]
is_spam = ["Spam"]
[values.status]
solved = ["Résolu"]
[values.channel]
phone = ["Tél."]
"""
TICKET_ROWS = """
Id   | Créé             | Répondu          | État   | Canal         | Équipe   | Client | Sujet       | Réouvertures | Spam | Libre
0042 | 01/07/2026 12:00 | n/a              | RÉSOLU | tél.          | Niveau 2 | c1     | Une panne   | 1            | non  | x
43   | 31/02/2026 10:00 |                  | open   | Réseau Social | SAV      | c2     |             |              |      | a@b.fr
44   | 29/03/2026 02:30 |                  | fermé  |               |          |        |             | 1,5          | peut |
"""


def test_tickets_are_read_as_their_mapping_says() -> None:
    good, _, _ = split(TICKETS, frame(TICKET_ROWS))
    assert good.row(0, named=True) == dict.fromkeys(FEEDS["feed_ticket"].columns) | {
        "source": "zendesk",
        "slot": "in/a.csv",
        "line": 2,
        "ticket_id": "0042",
        "created_at": dt.datetime(2026, 7, 1, 10, tzinfo=dt.UTC),
        "status": "solved",
        "channel": "phone",
        "team": "niveau_2",
        "customer_id": pseudonym("c1", KEY),
        "topic": "Une panne",
        "reopen_count": 1,
        "is_spam": False,
    }


def test_every_unreadable_cell_of_a_row_is_a_reason() -> None:
    _, refused, _ = split(TICKETS, frame(TICKET_ROWS))
    assert refused["line"].to_list() == [3, 4]
    assert refused["reasons"].to_list() == [
        ['created_at: "31/02/2026 10:00" is not dd/mm/yyyy hh:mm'],
        [
            'created_at: "29/03/2026 02:30" is not an hour of Europe/Paris: the clocks skip it that night',
            'status: "fermé" is not one of new, open, pending, hold, solved, closed, deleted, nor a label of one',
            'reopen_count: "1,5" is not a whole number',
            'is_spam: "peut" is not yes or no',
        ],
    ]


def test_a_refused_row_shows_its_cells_but_no_person() -> None:
    _, refused, _ = split(TICKETS, frame(TICKET_ROWS))
    client = pseudonym("c2", KEY)
    assert refused["raw"][0] == f"43;31/02/2026 10:00;;open;Réseau Social;SAV;{client};;;;[e-mail]"


def test_open_codes_are_folded_and_unknown_columns_are_told() -> None:
    rows = frame(TICKET_ROWS).with_columns(pl.lit("01/07/2026 12:00").alias("Créé"))
    good, _, _ = split(TICKETS, rows)
    assert good["channel"].to_list() == ["phone", "reseau_social"]
    parsed = parse_mapping("test", tomllib.loads(TICKETS), SCALES)
    header = tuple(name for name in rows.columns if name != "line")
    typed = canonical(rows.lazy(), parsed, slot="a", header=header, zone="UTC", scales=SCALES, key=KEY)
    assert typed.unknown_headers == ("Libre",)


def test_a_renamed_column_refuses_the_file_and_no_key_refuses_the_run() -> None:
    with pytest.raises(MappingMismatchError, match=r"in/a.csv: no column found for created_at.*'Créée'"):
        split(TICKETS, frame(TICKET_ROWS).rename({"Créé": "Créée"}))
    parsed = parse_mapping("test", tomllib.loads(TICKETS), SCALES)
    with pytest.raises(KeyMissingError):
        canonical(pl.LazyFrame(), parsed, slot="a", header=(), zone="UTC", scales=SCALES, key=b"")


def test_an_export_without_rows_gives_no_rows() -> None:
    good, refused, not_ours = split(TICKETS, frame(TICKET_ROWS).clear())
    assert (good.height, refused.height, not_ours.height) == (0, 0, 0)


def test_a_file_of_no_bytes_has_no_rows_where_it_may_be_empty() -> None:
    nothing = pl.DataFrame(schema={"line": pl.Int64})
    assert split(COSTS.replace("[read]", "[read]\nmay_be_empty = true"), nothing)[0].is_empty()
    with pytest.raises(MappingMismatchError):
        split(COSTS, nothing)


SURVEYS = """
table = "feed_survey"
source = "enquetes"
[read]
decimal = ","
datetimes = ["%Y-%m-%d %H:%M"]
[columns]
invitation_id = ["Id"]
sent_at = ["Envoi"]
answered_at = ["Réponse"]
kind = ["Question"]
scale = ["Échelle"]
score_milli = ["Note"]
verbatim = ["Texte"]
[values.score_milli]
4 = ["Au top"]
"""
SURVEY_ROWS = """
Id | Envoi            | Réponse          | Question | Échelle    | Note           | Texte
1  | 2026-01-05 09:00 | 2026-01-06 09:00 | csat     | 1-5        | 4,5            | appelez le 06 12 34 56 78
2  | 2026-01-05 09:00 |                  | csat     | 1-5        |                |
3  |                  | 2026-01-06 09:00 | csat     | words_4    | Bon            |
4  |                  | 2026-01-06 09:00 | csat     | faces_3    | 🙁             |
5  |                  | 2026-01-06 09:00 | csat     | yes_no     | OUI            |
6  |                  | 2026-01-06 09:00 | ces      | effort_1-5 | très difficile |
7  |                  | 2026-01-06 09:00 | nps      | 0-10       | 11             |
8  |                  | 2026-01-06 09:00 | nps      | 0-10       | 3,5            |
9  |                  | 2026-01-06 09:00 | csat     | 0-100      | 85 %           |
10 |                  | 2026-01-06 09:00 | csat     | 1-5        | au TOP         |
11 |                  | 2026-01-06 09:00 | csat     | 1-5        | Génial         |
12 |                  | 2026-01-06 09:00 | csat     | 1-5        | 4,0001         |
13 |                  | 2026-01-06 09:00 | csat     | 1-6        | 4              |
14 |                  | 2026-01-06 09:00 | ces      | 1-7        | 4              |
"""


def test_answers_are_read_on_their_scale_and_off_scale_ones_left_to_the_contract() -> None:
    good, _, _ = split(SURVEYS, frame(SURVEY_ROWS))
    found = good.select("invitation_id", "score_milli", "scale_low_milli", "scale_high_milli").rows()
    assert found == [
        ("1", 4500, 1000, 5000),
        ("2", None, 1000, 5000),
        ("3", 3000, 1000, 4000),
        ("4", 1000, 1000, 3000),
        ("5", 1000, 0, 1000),
        ("6", 5000, 1000, 5000),
        ("7", 11_000, 0, 10_000),
        ("8", 3500, 0, 10_000),
        ("9", 85_000, 0, 100_000),
        ("10", 4000, 1000, 5000),
    ]


def test_answers_that_no_scale_knows_are_refused() -> None:
    _, refused, _ = split(SURVEYS, frame(SURVEY_ROWS))
    reasons = [one for one, *_ in refused["reasons"].to_list()]
    assert reasons[:3] == [
        'score_milli: "Génial" is not an answer of its scale',
        'score_milli: "4,0001" is not an answer of its scale',
        'scale: "1-6" is not a declared scale',
    ]
    assert reasons[3].startswith('scale: scale "1-7" does not say whether a high answer is easy')


def test_what_a_survey_row_does_not_say_follows_from_the_rest() -> None:
    good, _, _ = split(SURVEYS, frame(SURVEY_ROWS))
    first, second = good.rows(named=True)[:2]
    assert first["response_id"] == first["invitation_id"] == "1"
    assert first["dated_at"] == first["answered_at"] == dt.datetime(2026, 1, 6, 8, tzinfo=dt.UTC)
    assert second["dated_at"] == second["sent_at"] == dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)
    assert first["verbatim"] == "appelez le [téléphone]"


def test_rows_without_what_we_came_for_are_not_ours_even_when_unreadable() -> None:
    rows = frame(SURVEY_ROWS).with_columns(
        pl.when(pl.col("line") == 3).then(pl.lit("jamais")).otherwise("Envoi").alias("Envoi")
    )
    good, refused, not_ours = split(f'only_rows_with = ["score_milli"]\n{SURVEYS}', rows)
    assert not_ours["line"].to_list() == [3]
    assert (good.height, refused.height) == (9, 4)


COSTS = """
table = "feed_cost"
source = "ledger"
[read]
decimal = ","
dates = ["%d/%m/%Y"]
datetimes = ["%Y-%m-%dT%H:%M:%S%z"]
[columns]
booked_on = ["Date"]
amount_cents = { headers = ["Montant"], unit = "euros" }
label = ["Libellé"]
[constants]
kind = "labour"
"""
COST_ROWS = """
Date                 | Montant     | Libellé
31/01/2026           | 1 234,56 €  | Paie
31/01/2026           | 1 234,56 €  | Paie
2026-01-31T23:30:00Z | -10         | Avoir
"""


def test_lines_without_a_number_have_the_fingerprint_of_their_cells() -> None:
    good, _, _ = split(COSTS, frame(COST_ROWS))
    again, _, _ = split(COSTS, frame(COST_ROWS).reverse().with_columns(pl.lit("").alias("Nouveau")))
    identical = good["entry_id"].to_list()[:2]
    assert [one.rpartition("-")[2] for one in identical] == ["1", "2"]
    assert len({one.rpartition("-")[0] for one in identical}) == 1
    assert good["entry_id"].n_unique() == 3
    assert sorted(again["entry_id"]) == sorted(good["entry_id"])


def test_a_fingerprint_never_changes() -> None:
    good, _, _ = split(COSTS, frame(COST_ROWS))
    assert good["entry_id"][0] == "0732dd39a6d99d43751d6069-1"


def test_an_instant_where_a_day_is_wanted_is_the_day_of_the_site() -> None:
    good, _, _ = split(COSTS, frame(COST_ROWS))
    assert good["booked_on"].to_list() == [dt.date(2026, 1, 31), dt.date(2026, 1, 31), dt.date(2026, 2, 1)]
    assert good["amount_cents"].to_list() == [123_456, 123_456, -1000]


def test_durations_of_contacts_have_their_declared_unit() -> None:
    mapping = """
    table = "feed_contact"
    source = "acd"
    [read]
    decimal = ","
    [columns]
    contact_id = ["Id"]
    started_at = { headers = ["Début"], formats = ["%d/%m/%Y"] }
    talk_s = { headers = ["DMT"], unit = "hh:mm:ss" }
    wrap_s = { headers = ["ACW"], unit = "minutes" }
    hold_s = ["Attente"]
    is_test = ["Test"]
    [values.is_test]
    true = ["T"]
    false = ["P"]
    """
    rows = frame("""
    Id | Début      | DMT     | ACW | Attente | Test
    1  | 01/07/2026 | 0:03:20 | 1,5 | 12      | T
    2  | 01/07/2026 | 3:20    | x   | -1      | P
    """)
    good, refused, _ = split(mapping, rows)
    assert good.select("talk_s", "wrap_s", "hold_s", "is_test").rows() == [(200, 90, 12, True)]
    assert good["started_at"].to_list() == [dt.datetime(2026, 6, 30, 22, tzinfo=dt.UTC)]
    assert refused["reasons"].to_list() == [
        [
            'talk_s: "3:20" is not a duration in hh:mm:ss',
            'wrap_s: "x" is not a duration in minutes',
            'hold_s: "-1" is not a duration in seconds',
        ]
    ]
