"""A quality export with points and weights as people write them: read to thousandths, or refused with the reason."""

from __future__ import annotations

import polars as pl

from transforms.canonical import Typed, canonical
from transforms.mapping import parse_mapping
from transforms.scales import SCALES

SOURCE = {
    "table": "feed_quality_review",
    "source": "grille",
    "read": {"decimal": ",", "missing": ["N/A"], "datetimes": ["%d/%m/%Y %H:%M"]},
    "columns": {
        "review_id": ["N°"],
        "category": ["Critère"],
        "reviewed_at": ["Date"],
        "score_milli": ["Note"],
        "weight_milli": ["Poids"],
        "is_critical": ["Critique"],
        "agent_id": ["Conseiller"],
    },
    "values": {"score_milli": {"100": ["conforme"], "0": ["non conforme"]}},
    "constants": {"low_milli": 0, "high_milli": 100_000},
}
HEADER = ("N°", "Critère", "Date", "Note", "Poids", "Critique", "Conseiller")


def read(*rows: tuple[str, ...]) -> Typed:
    frame = pl.LazyFrame(rows, schema=dict.fromkeys(HEADER, pl.String()), orient="row").with_row_index("line", offset=2)
    mapping = parse_mapping("grille", SOURCE, SCALES)
    return canonical(frame, mapping, slot="g.csv", header=HEADER, zone="Europe/Paris", scales=SCALES, key=b"test")


def test_points_and_weights_have_decimals_and_words() -> None:
    good = read(
        ("1", "Ton", "05/01/2026 09:00", "87,5", "12,5", "non", "Ann"),
        ("1", "Savoir", "05/01/2026 09:00", "Conforme", "40", "oui", "Ann"),
        ("1", "Process", "05/01/2026 09:00", "N/A", "", "", "Ann"),
        ("2", "Malus", "05/01/2026 09:00", "-5", "1", "", "Ann"),
    ).good.collect()
    assert good["score_milli"].to_list() == [87_500, 100_000, None, -5_000]
    assert good["weight_milli"].to_list() == [12_500, 40_000, None, 1_000]
    assert good["is_critical"].to_list() == [False, True, None, None]
    assert "Ann" not in good["agent_id"].to_list()


def test_a_score_that_is_no_number_refuses_its_row() -> None:
    refused = read(("1", "Ton", "05/01/2026 09:00", "bien", "1,2345", "non", "Ann")).refused.collect()
    score, weight = refused["reasons"].to_list()[0]
    assert score.startswith('score_milli: "bien" is not a number')
    assert weight.startswith('weight_milli: "1,2345" is not a number')
    assert "decimals" in weight
