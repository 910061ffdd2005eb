"""`fact_article_view` and `fact_help_session`: what the help centre was asked, and whether it was enough.

A page is an article, however often it was seen in the visit, or a view of no article. A visit begins with its first
view or search; votes are no pages. It is deflected when the person contacted nobody from the first article on, until 24
hours after the last one; of a person who is not known, or where no contacts are, nothing is said.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from expectations.tables.fact_self_service import FACT_ARTICLE_VIEW, FACT_HELP_SESSION
from transforms.calendar import local_day
from transforms.facts.reached import Contacted, with_next_contact
from transforms.facts.shape import in_shape, until
from transforms.site import Site

SESSION = ["source", "session_id"]
DEFLECTED_WITHIN = dt.timedelta(hours=24)
_ABOUT = ["channel", "team", "segment", "customer_id", "topic"]


def helped(views: pl.LazyFrame, site: Site, *, end: dt.datetime) -> pl.LazyFrame:
    """One row is an event of the help centre, or the counts of an article on a day, before the end."""
    kind = pl.col("kind").fill_null("view")
    is_search = kind == "search"
    return until(views, "viewed_at", end).with_columns(
        kind=kind,
        viewed_on=local_day("viewed_at", site.zone),
        view_count=pl.coalesce("view_count", pl.when(kind == "view").then(1).otherwise(0)),
        up_count=pl.col("up_count").fill_null(0),
        down_count=pl.col("down_count").fill_null(0),
        is_search=is_search,
        is_without_result=pl.when(is_search).then(pl.col("result_count") == 0),
        is_counted=~pl.col("is_test").fill_null(value=False),
    )


def fact_article_view(events: pl.LazyFrame) -> pl.LazyFrame:
    """One row is an event of the help centre, or the counts of an article on a day."""
    return in_shape(events, FACT_ARTICLE_VIEW)


def fact_help_session(events: pl.LazyFrame, contacted: Contacted, site: Site) -> pl.LazyFrame:
    """One row is a visit of the help centre; events without the number of a visit make none."""
    visits = _visits(events.filter(pl.col("session_id").is_not_null())).with_columns(
        started_on=local_day("started_at", site.zone),
        is_entered_on_article=pl.col("article_id").is_not_null(),
    )
    is_single_page = (pl.col("page_count") == 1) & (pl.col("search_count") == 0)
    followed = with_next_contact(visits, contacted, after="first_article_at", counts_same_instant=True)
    in_need = (pl.col("reached_at") <= pl.col("last_article_at") + DEFLECTED_WITHIN).fill_null(value=False)
    can_tell = pl.col("are_contacts_known") & pl.col("customer_id").is_not_null()
    return in_shape(
        followed.with_columns(
            is_bounced=pl.col("is_entered_on_article") & is_single_page,
            is_deflected=pl.when(can_tell & pl.col("first_article_at").is_not_null()).then(~in_need),
        ),
        FACT_HELP_SESSION,
    )


def _visits(events: pl.LazyFrame) -> pl.LazyFrame:
    """What the events of a visit tell together; its article is the one on which it began."""
    is_view, article = pl.col("kind") == "view", pl.col("article_id")
    is_step = is_view | pl.col("is_search")
    of_article = pl.col("viewed_at").filter(is_view & article.is_not_null())
    other_pages = (is_view & article.is_null()).sum()
    return (
        events.sort(*SESSION, "viewed_at", "slot", "line")
        .group_by(SESSION)
        .agg(
            pl.col(_ABOUT).drop_nulls().first(),
            started_at=pl.col("viewed_at").min(),
            first_article_at=of_article.min(),
            last_article_at=of_article.max(),
            article_id=pl.when(is_view).then(article).filter(is_step).first(),
            page_count=article.filter(is_view).drop_nulls().n_unique() + other_pages,
            search_count=pl.col("is_search").sum(),
            is_counted=pl.col("is_counted").all(),
        )
    )
