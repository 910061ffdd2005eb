"""The page as text: what it says, that it can be read by everyone, that it asks nothing of the network."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.tables import FEEDS
from flows.outputs.code_words import CODES
from flows.outputs.cuts import shade
from flows.outputs.page_words import FRENCH_PAGE
from flows.outputs.published import Metric, Reading
from flows.outputs.scorecard import scorecard, write_scorecard
from transforms.analysis import ALARMS
from transforms.metrics import METRICS

VOID = {"meta", "link", "br", "path", "circle", "rect"}


class Page(HTMLParser):
    """Elements in order with their attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[dict[str, Any]] = []
        self.open: list[dict[str, Any]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = {"tag": tag, "text": "", "parents": [e["tag"] for e in self.open], **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop()["tag"] == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element["text"] += data

    def all(self, *tags: str) -> list[dict[str, Any]]:
        return [element for element in self.elements if element["tag"] in tags]

    def card(self, metric_id: str) -> str:
        element = next(e for e in self.elements if e.get("id") == metric_id)
        return " ".join(element["text"].split())


@pytest.fixture(scope="session", params=["fr", "en"])
def both(run_folder: Path, request: pytest.FixtureRequest) -> tuple[str, Page]:
    return request.param, Page(scorecard(run_folder, language=request.param))


@pytest.fixture(scope="session")
def french(run_folder: Path) -> Page:
    return Page(scorecard(run_folder, language="fr"))


def test_the_same_tables_give_the_same_bytes(run_folder: Path, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_scorecard(run_folder, tmp_path / name, language="fr")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_the_month_shown_is_the_last_complete_one(french: Page) -> None:
    assert "Juin 2026" in french.all("h1")[0]["text"].replace("\u00a0", " ").title()
    assert french.all("time")[0]["datetime"] == "2026-07-10"


CARDS = """
csat                             | 76,9 % Objectif 80 % non atteint
csat                             | baisse : −0,2 pt vs mai 2026 non significatif
csat                             | baisse : −0,7 pt vs juin 2025 IC 95 % 74,8 à 79,0 % n = 1 204
nps                              | +29,2 pt Objectif +30 pt non atteint
fcr_rate                         | +1,1 pt vs mai 2026 amélioration significative
first_response_time_business_p50 | 1 h 30 min Objectif 2 h atteint
first_response_time_business_p50 | Sans intervalle n = 3 110
first_response_time_business_mean| 4 h 20 min Objectif 4 h non atteint
first_response_time_business_mean| hausse : +15 min vs mai 2026 recul significatif
turnover_rate                    | Trop peu de réponses Objectif 15 %
turnover_rate                    | Dernière valeur connue : 19,9 % (mai 2026)
cost_per_contact                 | Aucune donnée Objectif 12 €
survey_response_rate             | provisoire, définitif le 14 juillet 2026
service_level                    | stable : 0,0 pt vs mai 2026 non significatif
"""


@pytest.mark.parametrize("line", CARDS.strip().splitlines())
def test_a_card_says_value_target_change_interval_and_state(french: Page, line: str) -> None:
    metric_id, wanted = map(str.strip, line.split("|"))
    assert wanted in french.card(metric_id)


def test_a_value_that_may_not_be_read_is_nowhere_on_its_card(french: Page) -> None:
    assert "vs mai" not in french.card("turnover_rate")
    assert "IC 95" not in french.card("turnover_rate")


def test_a_metric_that_was_not_computed_has_no_card_but_is_listed_with_what_it_needs(french: Page) -> None:
    assert not [e for e in french.elements if e.get("id") == "sla_attainment_rate"]
    rows = [row["text"].strip().replace("\n", " ") for row in french.all("tr")]
    assert "Respect des délaistargets.toml: première réponse" in rows


def test_cells_are_held_against_their_target_and_marked_without_colour_alone(french: Page) -> None:
    csat = next(row["text"] for row in french.all("tr") if row["text"].lstrip().startswith("CSAT"))
    assert "−−73,7\u00a0%, nettement moins bien" in csat
    assert "n trop petit" in csat


def test_the_parts_of_a_sum_are_not_held_against_the_target_of_the_whole(french: Page) -> None:
    backlog = next(row for row in french.all("tr") if row["text"].lstrip().startswith("Stock"))
    assert backlog["text"].count("mieux") == 0


def test_promoters_passives_and_detractors_add_up(french: Page) -> None:
    row = next(r for r in french.all("tr") if r["text"].strip().startswith("juin\u00a02026"))
    counts = [int(count) for count in re.findall(r"\((\d+)\)", row["text"])]
    assert sum(counts) == 812


def test_the_account_shows_rows_and_refused_files(french: Page) -> None:
    text = french.all("main")[0]["text"].replace("\u202f", " ")
    assert "500 158" in text
    assert "couts/grand_livre.csv: la colonne « Montant » est introuvable" in text


def test_the_page_asks_nothing_of_the_network_and_runs_nothing(run_folder: Path, both: tuple[str, Page]) -> None:
    html = scorecard(run_folder, language=both[0])
    assert not re.findall(r"https?://|//[a-z]|url\(|@import|javascript:", html)
    assert not both[1].all("script", "iframe", "img", "object", "embed")
    assert not [e for e in both[1].elements for name in e if name.startswith("on")]
    assert {e["href"] for e in both[1].all("link")} == {"data:,"}


def test_the_page_can_be_read_without_eyes(both: tuple[str, Page]) -> None:
    language, page = both
    assert page.all("html")[0]["lang"] == language
    assert all(svg.get("aria-hidden") or (svg["role"] == "img" and svg["aria-label"]) for svg in page.all("svg"))
    assert all(th.get("scope") in {"row", "col"} for th in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert len({e["id"] for e in page.elements if "id" in e}) == len([e for e in page.elements if "id" in e])
    levels = [int(e["tag"][1]) for e in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    anchors = {e["href"][1:] for e in page.all("a") if e["href"].startswith("#")}
    assert anchors <= {e["id"] for e in page.elements if "id" in e}


def test_each_language_links_to_the_other(both: tuple[str, Page]) -> None:
    wanted = {"fr": ("scorecard_en.html", "en"), "en": ("scorecard.html", "fr")}[both[0]]
    assert wanted in [(a["href"], a.get("hreflang")) for a in both[1].all("a")]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1])
def test_text_stands_out_from_what_is_behind_it(run_folder: Path, theme: int) -> None:
    html = scorecard(run_folder, language="fr")
    block = html.split(":root {")[theme + 1]
    colours = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))
    pairs = [(ink, behind) for ink in ("ink", "muted", "accent", "good", "bad") for behind in ("paper", "surface")]
    pairs += [("ink", shade) for shade in ("good-1", "good-2", "bad-1", "bad-2")]
    pairs += [
        ("muted", "good-1"),
        ("muted", "bad-1"),
        ("good", "good-1"),
        ("good", "good-2"),
        ("bad", "bad-1"),
        ("bad", "bad-2"),
    ]
    pairs += [("badge-ink", "badge")]
    for ink, behind in pairs:
        light, dark = sorted((luminance(colours[ink]), luminance(colours[behind])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{ink} on {behind}"


def test_every_wording_is_used() -> None:
    folder = Path(__file__).parents[3] / "flows" / "outputs"
    code = "".join(
        p.read_text(encoding="utf-8")
        for p in (*folder.glob("*.py"), *folder.glob("*.jinja"))
        if p.name not in {"page_words.py", "code_words.py"}
    )
    computed = {name for name in FRENCH_PAGE if name.startswith("step_") or name.endswith("_note")} | {*CODES}
    states = {"refused", "held", "promoters", "passives", "detractors"}
    unused = {name for name in FRENCH_PAGE if not re.search(rf"\bw\.{name}\b|[\"']{name}[\"']", code)}
    assert unused <= computed | states


def test_every_family_feed_and_alarm_has_its_words() -> None:
    families = {f"family_{metric.family.replace(' ', '_')}" for metric in METRICS.values()}
    assert families | {*FEEDS} | {f"alarm_{name}" for name in ALARMS} == {*CODES}


@pytest.mark.parametrize("absent", ["dim_channel", "dim_team", "metric_missing", "meta_export"])
def test_a_page_without_an_optional_table_is_still_a_page(
    write: Callable[..., Path], tmp_path: Path, absent: str
) -> None:
    assert "</html>" in scorecard(write(tmp_path, **{absent: None}), language="fr")


def test_a_missing_table_is_named_with_what_is_there(write: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError,
        match=r"looked for the table dim_metric; in metrics there is \['metric_value_month.parquet'\]",
    ):
        scorecard(write(tmp_path, dim_metric=None), language="fr")


def test_no_value_at_all_is_no_error(write: Callable[..., Path], tmp_path: Path, month_frame: pl.DataFrame) -> None:
    page = scorecard(write(tmp_path, metric_value_month=month_frame.clear()), language="en")
    assert page.count("No data") >= 10
    assert "month in progress: no month is complete yet" in page


def test_the_month_in_progress_is_shown_only_where_none_is_complete(
    write: Callable[..., Path], tmp_path: Path, month_frame: pl.DataFrame
) -> None:
    page = Page(
        scorecard(write(tmp_path, metric_value_month=month_frame.filter(~pl.col("is_complete"))), language="fr")
    )
    assert "mois en cours" in page.card("csat")
    assert "juillet" in page.all("h1")[0]["text"]


def test_labels_are_escaped(write: Callable[..., Path], tmp_path: Path, metric_frame: pl.DataFrame) -> None:
    hostile = metric_frame.with_columns(label_fr=pl.lit("<script>alert('1')</script> & co"))
    page = scorecard(write(tmp_path, dim_metric=hostile), language="fr")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


METRIC = Metric(
    metric_id="m",
    label="",
    definition="",
    family="",
    unit="percent",
    better="higher",
    additivity="ratio",
    maturity_days=0,
    is_headline=True,
)
SHADES = """
value | low  | high | reference | unit    | better  | step
80    |      |      | 80        | percent | higher  | 0
80.9  |      |      | 80        | percent | higher  | 0
81    |      |      | 80        | percent | higher  | 1
85    |      |      | 80        | percent | higher  | 2
85    |      |      | 80        | percent | lower   | -2
78    | 75   | 81   | 80        | percent | higher  | 0
78    | 77   | 79   | 80        | percent | higher  | -1
3600  |      |      | 3500      | seconds | lower   | 0
3600  |      |      | 3300      | seconds | lower   | -1
3600  |      |      | 3000      | seconds | lower   | -2
2400  |      |      | 3000      | seconds | lower   | 2
99    |      |      | 50        | percent | neutral | 0
99    |      |      |           | percent | higher  | 0
"""


@pytest.mark.parametrize("line", SHADES.strip().splitlines()[1:])
def test_a_cell_is_shaded_by_its_distance_unless_the_interval_holds_the_reference(line: str) -> None:
    value, low, high, reference, unit, better, step = (cell.strip() for cell in line.split("|"))
    assert shade(_reading(value, low, high), float(reference) if reference else None, _metric(unit, better)) == int(
        step
    )


def _metric(unit: str, better: str) -> Metric:
    return replace(METRIC, unit=unit, better=better)


def _reading(value: str, low: str, high: str) -> Reading:
    nothing: dict[str, Any] = dict.fromkeys(Reading.__dataclass_fields__)
    said = {
        "value": float(value),
        "ci_low": float(low) if low else None,
        "ci_high": float(high) if high else None,
        "status": "ok",
    }
    return Reading(**(nothing | said))
