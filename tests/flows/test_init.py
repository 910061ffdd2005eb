"""A new user: an export nobody has declared, `init`, two edits, `check`, `run`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest

from flows.__main__ import main
from flows.init import formats
from flows.init.guess import guesses
from flows.init.look import look_at
from flows.init.words import resembles, spoken
from flows.sources import SHIPPED_SOURCES, sources

UNKNOWN = """N° demande;Ouvert le;Dernière maj;1ère réponse;Résolu le;Etat;Canal;Groupe;Technicien;Note /5;Coût
D-001;02/03/2026 09:15;05/03/2026 16:40;02/03/2026 10:20;02/03/2026 16:40;Clôturé;Courriel;N1;T1;5;1 234,50
D-002;13/03/2026 18:05;13/03/2026 18:05;;;En cours;Téléphone;N1;T2;;12,00
D-003;14/03/2026 11:00;14/03/2026 11:30;14/03/2026 11:10;14/03/2026 11:30;Résolu;Tchat;N2;T1;3;0,50
D-004;14/03/2026 12:00;14/03/2026 12:30;;;Chez le fournisseur;Courriel;N2;T1;;
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "demandes_2026-03.csv"
    path.write_text(UNKNOWN, "cp1252")
    return path


def test_init_two_edits_check_and_run(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "site"
    monkeypatch.setenv("BAROMETRE_AS_OF", "2026-03-31")
    assert main(["init", str(export), "--data", str(home)]) == 0
    told = capsys.readouterr().out
    assert "csv, separator ';', windows-1252, 4 rows, 11 columns" in told
    assert "read as ticket" in told
    mapping = home / "sources" / "demandes.toml"
    proposed = mapping.read_text("utf-8")
    said = tomllib.loads(proposed)
    assert said["columns"]["ticket_id"] == ["N° demande"]
    assert said["read"]["datetimes"] == ["%d/%m/%Y %H:%M"]
    assert said["values"]["channel"] == {"email": ["Courriel"], "phone": ["Téléphone"], "chat": ["Tchat"]}
    assert '# NOT PLACED, their rows would be quarantined: "Chez le fournisseur"' in proposed
    assert '#   "Note /5"' in proposed
    assert tomllib.loads((home / "pipeline.toml").read_text("utf-8"))["export"] == [
        {"files": "demandes_*.csv", "mapping": "demandes"}
    ]

    assert main(["check", str(export), "--data", str(home)]) == 2
    told = capsys.readouterr().out
    assert 'status: "Chez le fournisseur" is not one of new, open' in told
    assert "line 5: D-004;14/03/2026 12:00" in told
    assert "columns not read: Note /5, Coût" in told
    assert "days covered: 2026-03-02 to 2026-03-14 (3 days with rows, by created_at)" in told
    assert not (home / "store").exists()

    mapping.write_text(proposed.replace("[values.status]", '[values.status]\nhold = ["Chez le fournisseur"]'), "utf-8")
    settings = home / "pipeline.toml"
    settings.write_text(settings.read_text("utf-8").replace('name = "site"', 'name = "Ma boutique"'), "utf-8")
    assert main(["check", str(export), "--data", str(home)]) == 0
    (home / "raw" / export.name).write_bytes(export.read_bytes())
    assert main(["run", "--plain", "--data", str(home)]) == 0
    tickets = pl.read_parquet(home / "published" / "current" / "facts" / "fact_ticket.parquet")
    assert tickets.height == 4


def test_init_overwrites_nothing(export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "site"
    assert main(["init", str(export), "--data", str(home)]) == 0
    before = {path: path.read_bytes() for path in home.rglob("*.toml")}
    assert main(["init", str(export), "--feed", "contact", "--data", str(home)]) == 1
    assert "it is there already, and is not overwritten" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in home.rglob("*.toml")} == before


def test_init_only_shows_when_asked(export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(export), "--print", "--data", str(tmp_path / "site")]) == 0
    told = capsys.readouterr().out
    assert 'ticket_id = ["N° demande"]' in told
    assert "[[export]]" in told
    assert not (tmp_path / "site").exists()


def test_an_export_of_a_product_is_read_with_its_shipped_mapping(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Path(__file__).parents[1] / "golden" / "sources" / "freshdesk_tickets.csv"
    export = tmp_path / "tickets-export-123.csv"
    export.write_bytes(lines.read_bytes())
    home = tmp_path / "site"
    assert main(["init", str(export), "--data", str(home)]) == 0
    assert "the mapping 'freshdesk_tickets' reads it as it stands" in capsys.readouterr().out
    assert list((home / "sources").iterdir()) == []
    assert 'files = "tickets-export-*.csv"' in (home / "pipeline.toml").read_text("utf-8")


def test_a_file_of_no_known_column_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.csv"
    path.write_text("zzz,qqq\n1,2\n", "utf-8")
    assert main(["init", str(path), "--data", str(tmp_path / "site")]) == 1
    assert "none of its columns is known: ['zzz', 'qqq']. Say what its rows are with --feed" in capsys.readouterr().err


def test_check_of_a_file_no_export_names(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.csv"
    other.write_bytes((site / "raw" / "avis_2026-02.csv").read_bytes())
    assert main(["check", str(other), "--data", str(site)]) == 1
    assert "names this file. There are: avis_*.csv" in capsys.readouterr().err
    assert main(["check", str(other), "--mapping", "avis", "--data", str(site)]) == 0
    assert "Nothing was published and nothing was kept." in capsys.readouterr().out


def test_check_shows_the_first_rows_of_each_reason(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "avis_2026-03.csv", "--data", str(site)]) == 2
    told = capsys.readouterr().out
    assert "score_is_on_its_scale" in told
    assert "line 5:" in told


def test_sources_lists_every_shipped_mapping_and_the_own_ones(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "--data", str(site)]) == 0
    told = capsys.readouterr().out
    assert "avis" in told
    for path in SHIPPED_SOURCES.glob("*.toml"):
        assert path.stem in told


@pytest.mark.parametrize(
    ("texts", "found", "is_sure"),
    [
        (["13/02/2026 10:00", "01/02/2026 10:00"], ("%d/%m/%Y %H:%M",), True),
        (["02/13/2026", "01/02/2026"], ("%m/%d/%Y",), True),
        (["01/02/2026", "03/04/2026"], ("%d/%m/%Y",), False),
        (["2026-03-01T10:00:00Z"], ("%Y-%m-%dT%H:%M:%SZ",), True),
        (["20260301"], ("%Y%m%d",), True),
        (["1/13/2026 9:05"], ("%-m/%-d/%Y %-H:%M",), True),
    ],
)
def test_dates_are_day_first_unless_the_texts_prove_otherwise(
    texts: list[str], found: tuple[str, ...], *, is_sure: bool
) -> None:
    told = formats.dates(texts)
    assert told is not None
    assert told.formats == found
    assert (told.remark == "") is is_sure


def test_texts_that_are_no_dates_have_no_format() -> None:
    assert formats.dates(["hello", "31/02/2026"]) is None


def test_a_column_proves_the_order_of_day_and_month_for_the_others(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text("Id,Created,Resolved\n1,01/02/2026,01/31/2026\n2,03/04/2026,02/03/2026\n", "utf-8")
    guess = guesses(look_at(path), sources(tmp_path), "feed_ticket")[0]
    found = [guess.placed[name].dates for name in ("created_at", "resolved_at")]
    assert [it.formats for it in found if it] == [("%m/%d/%Y",), ("%m/%d/%Y",)]


def test_a_decimal_comma_is_seen_where_no_point_stands() -> None:
    assert formats.decimal_mark(["12,5", "1 234,00"]) == ","
    assert formats.decimal_mark(["12.5", "1,234.00"]) == "."
    assert formats.thousands_mark(["1.234,50"], ",") == "."


def test_headers_are_compared_without_case_accents_and_marks() -> None:
    assert spoken("État_du-Ticket") == spoken("etat du ticket")
    assert spoken("SRCreatedDate") == "sr created date"
    assert resembles("SR Status", {"status"})
    assert not resembles("Due date", {"date"})


def test_lines_above_the_header_and_blanks_between_columns_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Extraction du 01/03/2026\n\nId;Statut\n1;Ouvert\n2;Clos\n", "utf-8")
    assert look_at(path).header == ("Id", "Statut")
    path.write_text("id  date\n1   20260101\n22  20260102\n", "utf-8")
    assert look_at(path).layout.separator == "blanks"
