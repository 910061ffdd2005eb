"""A source mapping says exactly what it means, or the run stops with what to write instead."""

from __future__ import annotations

import copy
import datetime as dt
import tomllib
from typing import Any

import pytest

from transforms.layout import Layout
from transforms.mapping import Mapping, MappingMismatchError, found_header, parse_mapping
from transforms.mapping_fields import MappingError
from transforms.scales import SCALES

SURVEYS = """
table = "feed_survey"
source = "enquetes"
follows = "the survey tool's own documentation"
only_rows_with = ["score_milli"]

[read]
format = "csv"
separator = ";"
encoding = "windows-1252"
decimal = ","
datetimes = ["%d/%m/%Y %H:%M"]
zone = "Europe/Paris"
missing = ["-"]

[columns]
response_id = ["N° de réponse", "Id"]
score_milli = ["Note"]
answered_at = { headers = ["Répondu le"], formats = ["%Y-%m-%d"], zone = "UTC", missing = ["jamais"] }
channel = { headers = ["Canal"], optional = true }

[values.channel]
email = ["e-mail", "courriel"]

[constants]
kind = "csat"
scale = "1-5"
"""
COSTS = """
table = "feed_cost"
source = "ledger"
[read]
dates = ["%d/%m/%Y"]
[columns]
booked_on = ["Date"]
kind = ["Nature"]
amount_cents = { headers = ["Montant"], unit = "euros" }
[values.kind]
labour = ["Salaires"]
"""


def document(text: str = SURVEYS, **changes: Any) -> dict[str, Any]:
    """A mapping with some places changed: `read__zone="UTC"`."""
    found = copy.deepcopy(tomllib.loads(text))
    for path, value in changes.items():
        place, *parts = path.split("__")
        inner = found
        for part in parts:
            inner, place = inner.setdefault(place, {}), part
        inner[place] = value
    return found


def parsed(**changes: Any) -> Mapping:
    return parse_mapping("surveys", document(**changes), SCALES)


def test_what_a_column_does_not_say_the_file_says_for_it() -> None:
    mapping = parsed()
    assert mapping.layout == Layout(format="csv", separator=";", encoding="windows-1252")
    answered, response = mapping.fields["answered_at"], mapping.fields["response_id"]
    assert ([one.shown for one in answered.formats], answered.zone) == (["yyyy-mm-dd"], "UTC")
    assert answered.missing == ("-", "jamais")
    assert response.missing == ("-",)
    assert response.headers == ("N° de réponse", "Id")
    assert mapping.fields["score_milli"].numerals.decimal == ","
    assert dict(mapping.fields["channel"].words) == {"e-mail": "email", "courriel": "email"}
    assert mapping.constants == {"kind": "csat", "scale": "1-5"}


def test_amounts_and_durations_have_their_unit() -> None:
    costs = parse_mapping("costs", document(COSTS), SCALES)
    assert costs.fields["amount_cents"].unit == "euros"
    with pytest.raises(MappingError, match="amount without unit: add unit = one of euros, dollars"):
        parse_mapping("costs", document(COSTS, columns__amount_cents=["Montant"]), SCALES)


def test_a_constant_has_the_type_of_its_column() -> None:
    costs = document(COSTS, constants__team="sav")
    costs["columns"].pop("booked_on")
    costs["constants"]["booked_on"] = dt.date(2026, 1, 1)
    assert parse_mapping("costs", costs, SCALES).constants["booked_on"] == dt.date(2026, 1, 1)
    with pytest.raises(MappingError, match="this column takes true or false"):
        parsed(constants__is_test="non")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"tabel": "x"}, r"surveys.toml: the file has 'tabel'.*did you mean 'table'"),
    ({"table": "feed_surveys"}, "did you mean 'feed_survey'"),
    ({"source": ""}, "source is ''"),
    ({"read__seperator": ","}, "did you mean 'separator'"),
    ({"read__format": "xls"}, "format is 'xls'"),
    ({"read__skip_lines": "2"}, r"\[read\] cannot be used"),
    ({"read__decimal": ";"}, "decimal is ';'"),
    ({"read__thousands": ","}, "thousands ','"),
    ({"read__zone": "Europe/Pari"}, "did you mean 'Europe/Paris'"),
    ({"columns__score": ["Note"]}, "did you mean 'score_milli'"),
    ({"columns__slot": ["Fichier"]}, r"\[columns\] has 'slot'"),
    ({"columns__dated_at": ["Date"]}, r"\[columns\] has 'dated_at'"),
    ({"columns__score_milli": "Note"}, "write a list of texts"),
    ({"columns__score_milli": []}, "lists no header"),
    ({"columns__score_milli": {"header": ["Note"]}}, "did you mean 'headers'"),
    ({"columns__score_milli": {"headers": ["Note"], "formats": ["%Y"]}}, "score_milli is no date"),
    ({"columns__score_milli": {"headers": ["Note"], "unit": "points"}}, "unit has 'points'"),
    ({"columns__sent_at": {"headers": ["Envoi"], "formats": ["%d/%m"]}}, "needs a year and a month"),
    ({"columns__sent_at": {"headers": ["Envoi"], "formats": ["%d/%m/%Y", "%m/%d/%Y"]}}, "read one text as two days"),
    ({"read__datetimes": [], "columns__sent_at": ["Envoi"]}, "no format is declared for it"),
    ({"columns__kind": ["Type"]}, r"kind stands in \[columns\] and in \[constants\]"),
    ({"values__chanel": {"email": ["x"]}}, "did you mean 'channel'"),
    ({"values__topic": {"x": ["y"]}}, "no header is read for topic"),
    ({"values__channel": {"email": ["Mail"], "phone": ["mail "]}}, "stands for 'email' and 'phone'"),
    ({"columns__is_test": ["Test"], "values__is_test": {"oui": ["x"]}}, r"\[values.is_test\] has 'oui'"),
    ({"constants__kind": "cast"}, "did you mean 'csat'"),
    ({"constants__scale": "1-6"}, "constants.scale has '1-6'"),
    ({"constants__kind": "ces"}, "does not say whether a high answer is easy"),
    ({"constants__scale": "effort_1-5"}, "measures effort"),
    ({"only_rows_with": ["score"]}, "did you mean 'score_milli'"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_mapping_stops_with_what_to_write_instead(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MappingError, match=message):
        parsed(**changes)


def test_a_required_column_must_come_from_somewhere() -> None:
    without = document()
    del without["columns"]["response_id"]
    with pytest.raises(MappingError, match=r"feed_survey needs response_id.*map response_id or invitation_id"):
        parse_mapping("surveys", without, SCALES)
    unscaled = document()
    del unscaled["constants"]["scale"]
    with pytest.raises(MappingError, match="feed_survey needs scale"):
        parse_mapping("surveys", unscaled, SCALES)


def test_the_first_header_present_is_read() -> None:
    mapping = parsed()
    field = mapping.fields["response_id"]
    assert found_header(mapping, field, header=("Id", "N° de réponse"), slot="a.csv") == "N° de réponse"
    assert found_header(mapping, field, header=("Id", "Note"), slot="a.csv") == "Id"
    assert found_header(mapping, field, header=("N°\u00a0de  réponse ",), slot="a.csv") == "N°\u00a0de  réponse "


def test_a_missing_header_is_refused_with_both_names() -> None:
    mapping = parsed()
    expected = (
        r"a.csv: no column found for response_id. Looked for \['N° de réponse', 'Id'\]. "
        r"The file has \['N° de la réponse', 'Note'\]. The file has 'N° de la réponse': add it to response_id"
    )
    with pytest.raises(MappingMismatchError, match=expected):
        found_header(mapping, mapping.fields["response_id"], header=("N° de la réponse", "Note"), slot="a.csv")
    assert found_header(mapping, mapping.fields["channel"], header=("Note",), slot="a.csv") is None
