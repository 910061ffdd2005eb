"""Erasing a person: gone from every file that is written, also after redelivery, and the accounts still balance."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from flows.io import durable
from tests.flows.conftest import PIPELINE, empty_site
from tests.flows.persons import MAPPING, accepting, deliver, erase, hits, quicken, run, texts, written
from transforms.erasing import mentions, person_of

KEY = b"a key for tests only"
GONE, STAYS, AGENT = "C-4711", "C-0815", "A-77"
JANUARY = (
    f"1;02/01/2026 10:00;5;{GONE};{AGENT};merci",
    f"2;03/01/2026 10:00;4;{STAYS};{AGENT};bien",
)
FEBRUARY = (
    f"3;02/02/2026 10:00;5;{GONE};{AGENT};très bien",
    f"4;03/02/2026 10:00;2;{STAYS};{AGENT};le client {GONE} attend aussi",
    *(f"1{n};0{n}/02/2026 10:00;3;C-{n};{AGENT};" for n in range(1, 10)),
    f"5;34/02/2026 10:00;4;{GONE};{AGENT};jour faux",
    f"6;05/02/2026 10:00;4;{GONE}",
    f"7;36/02/2026 10:00;4;{STAYS};{AGENT};jour faux aussi",
)
"""Rows 5 and 7 are refused for their day, row 6 at the door, with its number in clear."""


def new_site(data: Path) -> Path:
    empty_site(data, avis=MAPPING)
    deliver(data, "avis_2026-01.csv", *JANUARY)
    deliver(data, "avis_2026-02.csv", *FEBRUARY)
    return data


@pytest.fixture(autouse=True)
def _tables_of_ours_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contracts of what the house builds have tests of their own; exports are judged here as ever."""
    monkeypatch.setattr("flows.stages.draft.judged", accepting)


@pytest.fixture(scope="module")
def persons_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = new_site(tmp_path_factory.mktemp("persons") / "site")
    assert run(data) == 0
    return data


@pytest.fixture
def persons_in_full(persons_once: Path, tmp_path: Path) -> Path:
    """A deployment whose surveys name their customers, after its first run; of its own for each test."""
    return shutil.copytree(persons_once, tmp_path / "site", symlinks=True)


@pytest.fixture
def persons(persons_in_full: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, in a house that is quick."""
    quicken(monkeypatch)
    return persons_in_full


def touched(data: Path) -> dict[Path, int]:
    """When each file of ours was written, but for the lock and the journal of what was asked."""
    kept = (path for path in written(data) if path.name != ".lock" and path.parent.name != "journal")
    return {path: path.stat().st_mtime_ns for path in kept}


def exports(data: Path) -> dict[str, dict[str, int]]:
    rows = pl.read_parquet(data / "published/current/reports/meta_export.parquet").rows(named=True)
    return {
        it["slot"]: {name: it[f"rows_{name}"] for name in ("in", "accepted", "quarantined", "erased")} for it in rows
    }


def answers(data: Path) -> pl.DataFrame:
    return pl.read_parquet(data / "published/current/facts/fact_survey_response.parquet").sort("response_id")


def test_a_customer_is_gone_from_every_file_and_counted(
    persons_in_full: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    persons = persons_in_full
    assert hits(persons, GONE)
    assert erase(persons, GONE) == 0
    assert hits(persons, GONE) == []
    assert hits(persons, STAYS)
    assert exports(persons) == {
        "avis_2026-01.csv": {"in": 2, "accepted": 1, "quarantined": 0, "erased": 1},
        "avis_2026-02.csv": {"in": 14, "accepted": 10, "quarantined": 1, "erased": 3},
    }
    rows = answers(persons)
    assert {"1", "3"}.isdisjoint(rows["response_id"])
    assert rows.filter(pl.col("response_id") == "4")["verbatim"].to_list() == [None]
    assert [path.name for path in (persons / "published" / "runs").iterdir()] == ["000002"]
    said = capsys.readouterr()
    assert "avis_2026-01.csv  1 rows" in said.out
    assert "avis_2026-02.csv  4 rows" in said.out
    assert GONE not in said.out + said.err


def test_the_same_delivered_again_changes_nothing(persons: Path) -> None:
    assert erase(persons, GONE) == 0
    deliver(persons, "avis_2026-03.csv", *FEBRUARY)
    assert run(persons) == 0
    assert hits(persons, GONE) == []
    assert exports(persons)["avis_2026-03.csv"]["erased"] == 3


def test_an_erasure_twice_is_one(persons: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert erase(persons, GONE) == 0
    before = touched(persons)
    assert erase(persons, f" {GONE} ") == 0
    assert touched(persons) == before
    assert "was erased before" in capsys.readouterr().out


def test_rows_of_an_export_that_is_gone_are_rewritten(persons: Path) -> None:
    for path in (persons / "raw").iterdir():
        path.unlink()
    assert erase(persons, GONE) == 0
    assert hits(persons, GONE) == []
    assert [it["erased"] for it in exports(persons).values()] == [1, 3]
    assert answers(persons).height == 11
    assert erase(persons, STAYS) == 0
    assert hits(persons, STAYS) == hits(persons, GONE) == []
    assert [it["erased"] for it in exports(persons).values()] == [2, 5]


def test_rows_that_stay_from_before_a_held_delivery_are_rewritten(persons: Path) -> None:
    deliver(persons, "avis_2026-02.csv", *FEBRUARY[:2])
    assert erase(persons, GONE) == 2
    assert hits(persons, GONE) == []
    assert answers(persons).height == 11


def test_an_agent_leaves_rows_that_stay(persons: Path) -> None:
    assert erase(persons, AGENT, role="agent") == 0
    assert hits(persons, AGENT) == []
    assert answers(persons).height == 13
    assert [it["erased"] for it in exports(persons).values()] == [0, 2]  # the refused rows that named the agent


def test_a_customer_of_one_source_and_an_agent_of_the_same_number_stay(persons: Path) -> None:
    assert erase(persons, GONE, "--source", "autre") == 1
    assert not (persons / "erased.json").exists()
    assert erase(persons, GONE, role="agent") == 0
    assert answers(persons).height == 13
    assert erase(persons, GONE, "--source", "enquete") == 0
    assert hits(persons, GONE) == []


class PowerCutError(BaseException):
    """Nothing in the house catches it."""


def test_an_erasure_that_dies_is_finished_by_the_next_run(persons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr("flows.io.publish.commit", die)
        with pytest.raises(PowerCutError):
            erase(persons, GONE)
    with monkeypatch.context() as patch:
        patch.setattr("flows.pipeline.tidy", die)
        with pytest.raises(PowerCutError):
            run(persons)
    assert hits(persons, GONE)
    assert run(persons) == 0
    assert hits(persons, GONE) == []


def test_the_list_survives_the_loss_of_its_file_and_refuses_another_key(
    persons: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert erase(persons, GONE) == 0
    durable.remove(persons / "erased.json")
    deliver(persons, "avis_2026-03.csv", *JANUARY)
    assert run(persons) == 0
    assert hits(persons, GONE) == []
    monkeypatch.setenv("BAROMETRE_KEY", "another secret for the persons")
    assert run(persons) == 1
    assert "noted under another pseudonym key" in capsys.readouterr().err


# --- known by a ticket alone --------------------------------------------------------------------------------------

TICKETS_PIPELINE = PIPELINE + "".join(
    f'\n[[export]]\nfiles = "{name}*.csv"\nmapping = "{name}"\n' for name in ("tickets", "evenements", "evaluations")
)
BY_TICKET = MAPPING.replace('agent_id = ["Agent"]', 'ticket_id = ["Ticket"]')
TICKETS = """
table = "feed_ticket"
source = "assistance"
follows = "Made up for the tests."
[read]
separator = ","
datetimes = ["%d/%m/%Y %H:%M"]
[columns]
ticket_id = ["Ticket"]
created_at = ["Créé"]
customer_id = ["Client"]
[constants]
channel = "email"
"""
EVENTS = """
table = "feed_ticket_event"
source = "assistance"
follows = "Made up for the tests."
[read]
separator = ","
datetimes = ["%d/%m/%Y %H:%M"]
[columns]
ticket_id = ["Ticket"]
occurred_at = ["Quand"]
kind = ["Quoi"]
"""
REVIEWS = """
table = "feed_quality_review"
source = "qualite"
follows = "Made up for the tests."
[read]
separator = ","
datetimes = ["%d/%m/%Y %H:%M"]
[columns]
review_id = ["Revue"]
category = ["Critère"]
reviewed_at = ["Quand"]
ticket_id = ["Ticket"]
score_milli = ["Note"]
comment = ["Commentaire"]
[constants]
low_milli = 1000
high_milli = 5000
"""


def csv(data: Path, name: str, *lines: str) -> None:
    (data / "raw" / name).write_text("\n".join(lines) + "\n", "utf-8")


def deliver_by_ticket(data: Path, name: str, *lines: str) -> None:
    """Answers as most tools export them: some name the customer, most the ticket alone."""
    csv(data, name, "Numéro;Répondu le;Note;Client;Ticket;Avis", *lines)


@pytest.fixture(scope="module")
def tickets_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """T-91 and T-92 are of the customer who goes; T-93 was opened by two."""
    data = tmp_path_factory.mktemp("tickets") / "site"
    mappings = {"avis": BY_TICKET, "tickets": TICKETS, "evenements": EVENTS, "evaluations": REVIEWS}
    empty_site(data, pipeline=TICKETS_PIPELINE, **mappings)
    csv(
        data, "tickets_1.csv", "Ticket,Créé,Client",
        f"T-91,02/01/2026 09:00,{GONE}", f"T-93,05/01/2026 09:00,{GONE}", f"T-94,06/01/2026 09:00,{STAYS}",
    )  # fmt: skip
    csv(data, "tickets_2.csv", "Ticket,Créé,Client", f"T-92,03/01/2026 09:00,{GONE}", f"T-93,05/01/2026 09:00,{STAYS}")
    csv(
        data, "evenements.csv", "Ticket,Quand,Quoi",
        *(f"T-9{n},0{n}/02/2026 1{n}:00,{kind}" for n in range(1, 5) for kind in ("created", "message")),
    )  # fmt: skip
    csv(
        data, "evaluations.csv", "Revue,Critère,Quand,Ticket,Note,Commentaire",
        "R1,ton,02/03/2026 10:00,T-91,4,Elle parle de sa maladie", "R2,ton,02/03/2026 11:00,T-94,5,Très posé",
    )  # fmt: skip
    deliver_by_ticket(
        data, "avis_1.csv",
        "1;02/03/2026 10:00;5;;T-91;je sors de clinique", "2;03/03/2026 10:00;4;;T-92;mon fils aussi",
        f"3;04/03/2026 10:00;2;{STAYS};T-91;reprise de T-91", "4;05/03/2026 10:00;4;;T-93;à deux",
        "5;06/03/2026 10:00;4;;T-94;calme", "6;36/03/2026 10:00;4;;T-92;un jour de trop", "7;07/03/2026 10:00;3;;;rien",
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        quicken(patch)
        assert run(data) == 0
    return data


@pytest.fixture
def tickets(tickets_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    quicken(monkeypatch)
    return shutil.copytree(tickets_once, tmp_path / "site", symlinks=True)


HERS = ("T-91", "T-92", "maladie", "clinique", "mon fils", "un jour de trop", GONE)
OF_OTHERS = ("T-93", "T-94", "Très posé", "à deux", "calme", "rien")


def holding(data: Path, word: str) -> list[str]:
    return [str(path.relative_to(data)) for path in written(data) if word in texts(path)]


def test_what_knows_a_customer_by_the_ticket_alone_goes_with_the_customer(
    tickets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert all(holding(tickets, word) for word in (*HERS[:-1], *OF_OTHERS))
    assert erase(tickets, GONE) == 0
    assert {word: holding(tickets, word) for word in HERS} == {word: [] for word in HERS}
    assert hits(tickets, GONE) == []
    assert all(holding(tickets, word) for word in OF_OTHERS)
    assert {slot: it["erased"] for slot, it in exports(tickets).items()} == {
        "avis_1.csv": 3, "evaluations.csv": 0, "evenements.csv": 4, "tickets_1.csv": 2, "tickets_2.csv": 1,
    }  # fmt: skip
    assert answers(tickets).select("response_id", "ticket_id").rows() == [
        ("3", None), ("4", "T-93"), ("5", "T-94"), ("7", None),
    ]  # fmt: skip
    assert "with 2 tickets" in capsys.readouterr().out


def test_a_ticket_alone_is_known_again_when_its_rows_come_back(tickets: Path) -> None:
    for path in (tickets / "raw").iterdir():
        path.unlink()
    assert erase(tickets, GONE) == 0
    assert {word: holding(tickets, word) for word in HERS} == {word: [] for word in HERS}
    deliver_by_ticket(
        tickets, "avis_2.csv", "8;08/03/2026 10:00;5;;T-91;encore la clinique", "9;08/03/2026 11:00;5;;;b"
    )
    assert run(tickets) == 0
    assert {word: holding(tickets, word) for word in HERS} == {word: [] for word in HERS}
    assert exports(tickets)["avis_2.csv"]["erased"] == 1


def test_a_ticket_delivered_later_is_noted_when_the_command_is_given_again(tickets: Path) -> None:
    assert erase(tickets, GONE) == 0
    csv(
        tickets,
        "tickets_3.csv",
        "Ticket,Créé,Client",
        f"T-95,02/03/2026 09:00,{GONE}",
        f"T-96,02/03/2026 09:00,{STAYS}",
    )
    deliver_by_ticket(
        tickets, "avis_2.csv", "8;08/03/2026 10:00;5;;T-95;encore la clinique", "9;08/03/2026 11:00;5;;;b"
    )
    assert run(tickets) == 0
    assert hits(tickets, GONE) == []
    assert holding(tickets, "T-95")
    assert erase(tickets, GONE) == 0
    assert holding(tickets, "T-95") == holding(tickets, "clinique") == []


# --- numbers in texts ---------------------------------------------------------------------------------------------

SPEAKS = """
    42     | 1;02/02/2026 10:42;42;email          | yes
    42     | 1;02/02/2026 10:42;4;email           | no
    42     | 1;"42";x                             | yes
    42     | 42                                   | yes
    42     | {"id": 1, "client": 42, "note": 5}   | yes
    42     | {"id": 42.5, "note": 5}              | no
    42     | j'attends depuis 42 minutes          | no
    42     | 42 minutes au téléphone              | no
    42     | je suis le client 42, bonjour        | yes
    42     | client n° 42                         | yes
    42     | dossier : 42.                        | yes
    42     | #42 toujours rien                    | yes
    42     | j'ai payé 42,00 euros de trop        | no
    4711   | 14711;47110;4 711                    | no
    47110  | le 47110 attend                      | yes
    C-7    | le C-7 attend                        | yes
    C-7    | le C-71 attend, AC-7 aussi           | no
    a@b.fr | écrire à A@B.FR, merci               | yes
"""


@pytest.mark.parametrize("line", SPEAKS.strip().splitlines(), ids=str.strip)
def test_a_text_speaks_of_a_person_where_their_number_is_a_word_and_a_short_one_where_it_is_a_number(line: str) -> None:
    number, text, expected = (part.strip() for part in line.split("|"))
    person = person_of(number, role="customer", source="", key=KEY)
    assert pl.select(mentions(pl.lit(text), [person], KEY)).item() == (expected == "yes")
