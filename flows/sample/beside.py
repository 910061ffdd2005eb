"""The exports beside the help desk: by year in the shipped sample, by month in a large data set."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from flows.sample import exports_beside
from flows.sample.delivery import UTF8, WINDOWS, Export, spans
from flows.sample.staff_surveys import ENGAGEMENT, ENPS
from flows.sample.world import Month


def yearly(months: list[Month]) -> Iterator[Export]:
    """Every such file of the shipped sample."""
    last = months[-1]
    for name, part in spans(months, 12):
        is_old = part[-1] is not last
        packed = ".gz" if is_old else ""
        reviews = exports_beside.reviews(pl.concat(m.reviews for m in part))
        yield Export(f"qualite/evaluations_{name}.csv", "feed_quality_review", WINDOWS, reviews)
        orders = exports_beside.orders(pl.concat(m.orders for m in part))
        yield Export(f"boutique/commandes_{name}.csv{packed}", "feed_order", WINDOWS, orders)
        carts = exports_beside.carts(pl.concat(m.carts for m in part))
        yield Export(f"boutique/paniers_{name}.jsonl.gz", "feed_cart", UTF8, carts)
        visits = exports_beside.help_events(pl.concat(m.help_events for m in part))
        yield Export(f"centre_aide/visites_{name}.csv.gz", "feed_article_view", UTF8, visits)
        sessions = exports_beside.bot_sessions(pl.concat(m.bot_sessions for m in part))
        yield Export(f"bot/sessions_{name}.json{packed}", "feed_bot_session", UTF8, sessions)
    if last.customers is not None:
        customers = exports_beside.customers(last.customers)
        yield Export("boutique/clients.csv", "feed_customer", WINDOWS, customers)
    told = pl.concat(m.staff_answers for m in months)
    for survey in (ENPS, ENGAGEMENT):
        answers = exports_beside.staff_answers(told, survey)
        yield Export(f"interne/{survey}.xlsx", "feed_survey", UTF8, answers)


def monthly(month: Month) -> Iterator[tuple[str, pl.DataFrame, str]]:
    """The big ones of them for one month, as CSV: name, rows, code page."""
    name = f"{month.month_on:%Y-%m}"
    yield f"qualite/evaluations_{name}.csv", exports_beside.reviews(month.reviews), "cp1252"
    yield f"boutique/commandes_{name}.csv", exports_beside.orders(month.orders), "cp1252"
    yield f"boutique/paniers_{name}.csv", exports_beside.carts(month.carts), "utf-8"
    yield f"centre_aide/visites_{name}.csv", exports_beside.help_events(month.help_events), "utf-8"
    yield f"bot/sessions_{name}.csv", exports_beside.bot_sessions(month.bot_sessions), "utf-8"
    if month.staff_answers.height:
        for survey in (ENPS, ENGAGEMENT):
            answers = exports_beside.staff_answers(month.staff_answers, survey)
            if answers.height:
                yield f"interne/{survey}_{name}.csv", answers, "utf-8"
    if month.customers is not None:
        yield "boutique/clients.csv", exports_beside.customers(month.customers), "cp1252"
