"""Articles of a real help site and a real questionnaire, read with only TOML written: the figures of their READMEs."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from expectations.tables import FEEDS
from tests.conftest import third_party
from tests.golden.test_third_party import account, fact, published
from tests.golden.test_third_party_canonical import typed
from tests.metric_tables import metric_values
from transforms.analysis.article_worklist import article_worklist
from transforms.facts import build_facts, latest
from transforms.metrics import METRICS
from transforms.metrics.compute import missing_metrics
from transforms.site import Site

ARTICLES, FILE = "stackexchange_articles", "datascience_2019_questions.csv"
AS_OF = dt.date(2019, 12, 31)
WHOLE = {"numerator": 6_015_668}
JANUARY, MARCH = (dt.date(2019, month, 1) for month in (1, 3))


@pytest.fixture(scope="module")
def facts() -> dict[str, pl.LazyFrame]:
    """The facts of the export, without a run."""
    feed = typed(ARTICLES, FILE, "articles")["good"]
    views = latest(feed.lazy(), FEEDS["feed_article_view"])
    built = build_facts({"feed_article_view": views}, Site(zone="Etc/UTC"), AS_OF)
    return {name: lf.collect().lazy() for name, lf in built.items()}


def test_every_article_is_there_with_its_views(facts: dict[str, pl.LazyFrame]) -> None:
    views = facts["fact_article_view"].collect()
    assert (views.height, views["view_count"].sum(), views["view_count"].median()) == (6_776, 6_015_668, 139)
    by_month = views.group_by(pl.col("viewed_on").dt.month_start()).agg(pl.len(), pl.col("view_count").sum())
    found = {month: tuple(rest) for month, *rest in by_month.iter_rows()}
    assert (found[JANUARY], found[MARCH]) == ((459, 457_834), (660, 872_206))


def test_the_metric_adds_up_to_the_file(facts: dict[str, pl.LazyFrame]) -> None:
    found = {}
    for grain in ("month", "year"):
        wanted = {"article_views": METRICS["article_views"]}
        values = metric_values(facts, wanted, grain=grain, as_of=AS_OF, site=Site(zone="Etc/UTC")).collect()
        total = values.filter(grouping_set="total")
        found[grain] = dict(total.select("period_start", "value").iter_rows())
    assert found["year"] == {dt.date(2019, 1, 1): 6_015_668}
    assert (found["month"][JANUARY], found["month"][MARCH]) == (457_834, 872_206)
    assert sum(found["month"].values()) == 6_015_668


def test_a_net_score_says_nothing_of_votes_and_no_share_is_made_of_it(facts: dict[str, pl.LazyFrame]) -> None:
    """The scores are those of the README, and 83 are below 0: they can be neither counts for nor against."""
    with (third_party(ARTICLES) / FILE).open(encoding="utf-8", newline="") as file:
        scores = [int(row["Score"]) for row in csv.DictReader(file)]
    assert (sum(scores), sum(score < 0 for score in scores)) == (10_406, 83)
    of_articles = {name: metric for name, metric in METRICS.items() if metric.facts == ("fact_article_view",)}
    values = metric_values(facts, of_articles, grain="year", as_of=AS_OF, site=Site()).collect()
    missing = missing_metrics(facts, of_articles, computed=values["metric_id"].unique())
    assert missing["metric_id"].to_list() == ["article_helpful_rate", "no_result_search_rate"]
    assert facts["fact_help_session"].collect().is_empty()


def test_without_votes_the_worklist_is_the_most_viewed_articles(facts: dict[str, pl.LazyFrame]) -> None:
    ever = article_worklist(facts["fact_article_view"], as_of=AS_OF, window_days=None).collect()
    assert (ever.height, ever["unproved_views"].sum()) == (6_776, 6_015_668)
    assert ever["view_count"].is_sorted(descending=True)
    recent = article_worklist(facts["fact_article_view"], as_of=AS_OF).collect()
    in_90_days = facts["fact_article_view"].filter(pl.col("viewed_on") >= dt.date(2019, 10, 3)).collect()
    assert recent.height == in_90_days.height


@pytest.mark.slow
def test_a_whole_run_publishes_views_and_worklist(tmp_path: Path) -> None:
    run = published(ARTICLES, tmp_path)
    assert account(run) == {"in": 6_776, "accepted": 6_776, "quarantined": 0, "duplicate": 0}
    years = pl.read_parquet(run / "metrics" / "metric_value_year.parquet")
    views = years.filter(metric_id="article_views", grouping_set="total")
    assert views.select("numerator").to_dicts() == [WHOLE]
    assert fact(run, "dim_article").height == 6_776 + 2
    worklist = pl.read_parquet(run / "reports" / "article_worklist.parquet")
    assert worklist["rank"].to_list() == list(range(1, worklist.height + 1))
