"""The help centre: visits before many tickets, and visits that spare one; searches, articles, votes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from flows.sample import clock, company
from flows.sample.clock import Seconds
from flows.sample.customers import Customers
from flows.sample.demand import Draw, chance, segment_of, strikes
from flows.sample.service import Span
from flows.sample.tables import coded


class Article(NamedTuple):
    """An article: its title, what it is about, and how many of its readers it helps."""

    title: str
    topic: str
    helps: float


ARTICLES = (
    Article("Suivre ma livraison", "livraison", 0.82),
    Article("Mon colis est en retard", "livraison", 0.55),
    Article("Changer l’adresse de livraison", "livraison", 0.71),
    Article("Grève des transporteurs : que faire ?", "livraison", 0.38),
    Article("Retourner un article", "remboursement", 0.77),
    Article("Délai de remboursement", "remboursement", 0.48),
    Article("Rembourser un bon d’achat", "remboursement", 0.60),
    Article("Retrouver une facture", "facture", 0.90),
    Article("Facture au nom d’une entreprise", "facture", 0.66),
    Article("Comprendre la TVA", "facture", 0.58),
    Article("Ma lampe ne s’allume plus", "panne", 0.63),
    Article("Changer l’ampoule d’une guirlande", "panne", 0.84),
    Article("Faire jouer la garantie", "panne", 0.52),
    Article("Mot de passe oublié", "compte", 0.92),
    Article("Supprimer mon compte", "compte", 0.44),
    Article("Gérer mes abonnements", "compte", 0.69),
)
_TYPED = {
    "livraison": "où est mon colis",
    "remboursement": "remboursement délai",
    "facture": "facture",
    "panne": "lampe en panne",
    "compte": "mot de passe",
}
_TYPED_IN_VAIN = ("horaires magasin", "parrainage", "code promo", "recrutement", "colis bloqué douane")
_BEFORE_TICKET, _OTHERS_PER_TICKET, _KNOWN_SHARE = 0.15, 0.42, 0.6
_TOPIC_SHARE, _TOPIC_SHARE_STRIKE = (0.30, 0.20, 0.15, 0.17, 0.18), (0.62, 0.14, 0.06, 0.09, 0.09)
_SEARCHES, _FINDS_NOTHING, _STOPS_THERE, _VOTES, _READS_ON = 0.4, 0.12, 0.5, 0.14, 0.38
_TEST, _MOST_PAGES, _STEP_S, _WANDERS = 0.004, 4, 90, 0.3
KINDS = ("view", "search", "vote")
_BY_TOPIC = [[i for i, a in enumerate(ARTICLES) if a.topic == topic] for topic in company.TOPICS]
_HELPS = np.array([article.helps for article in ARTICLES])


class _Visits(NamedTuple):
    """Visits as they begin, one position each."""

    start: Seconds
    customer: Seconds
    topic: Seconds
    is_in_vain: npt.NDArray[np.bool_]
    """A ticket follows."""

    def __len__(self) -> int:
        return len(self.start)


def help_events_of(
    draw: Draw, tickets: pl.DataFrame, customers: Customers, span: Span, *, first_visit: int, first_id: int
) -> pl.DataFrame:
    """A row a search, an article viewed or a vote, of the visits of a month and of those before its tickets."""
    visits = _visits(draw, tickets, customers, span)
    n = len(visits)
    searches = draw.random(n) < _SEARCHES
    in_vain = searches & chance(draw, n, _FINDS_NOTHING)
    reads = ~(in_vain & chance(draw, n, _STOPS_THERE))
    results = np.where(in_vain, 0, draw.integers(1, 13, n))
    typed = np.where(in_vain, len(company.TOPICS) + draw.integers(0, len(_TYPED_IN_VAIN), n), visits.topic)
    parts = [_rows(visits, searches, 0, "search", results=results, typed=typed)]
    for page in range(_MOST_PAGES):
        reads = reads if page == 0 else reads & chance(draw, n, _READS_ON)
        article = _article(draw, visits.topic, page)
        helped = draw.random(n) < _HELPS[article] * np.where(visits.is_in_vain, 0.45, 1.0)
        votes = reads & chance(draw, n, _VOTES)
        at = 20 + _STEP_S * page + draw.integers(0, 20, n)
        parts.append(_rows(visits, reads, at, "view", article=article))
        parts.append(_rows(visits, votes, at + 45, "vote", article=article, helped=helped.astype(np.int64)))
    tests = pl.DataFrame({"visit": np.arange(n), "test": chance(draw, n, _TEST)})
    events = pl.concat(parts).join(tests, on="visit", maintain_order="left")
    events = events.with_columns(visit=pl.col("visit") + first_visit).sort("at", "visit", "kind")
    events = events.filter((pl.col("at") >= clock.START) & (pl.col("at") < clock.END))
    return events.with_columns(event_id=pl.int_range(first_id, first_id + events.height))


def _visits(draw: Draw, tickets: pl.DataFrame, customers: Customers, span: Span) -> _Visits:
    """Visits by those who write or call within a day after, and visits like any other; half of them without a name."""
    asked = tickets.filter(pl.col("excluded").is_null() & (pl.col("customer") >= 0))
    asked = asked.filter(pl.Series(chance(draw, asked.height, _BEFORE_TICKET)))
    topic_of = {topic: i for i, topic in enumerate(company.TOPICS)}
    before = asked["created"].to_numpy() - draw.integers(300, 20 * 3_600, asked.height)
    n = round(tickets.height * _OTHERS_PER_TICKET)
    start = span.start + draw.integers(0, span.until - span.start, n)
    start = np.minimum(clock.awake(start), clock.END - 3_600)
    known = np.where(chance(draw, n, _KNOWN_SHARE), customers.some(draw, start), -1)
    striking = strikes(clock.day_index(start))
    usual, other = draw.choice(5, n, p=_TOPIC_SHARE), draw.choice(5, n, p=_TOPIC_SHARE_STRIKE)
    return _Visits(
        np.concatenate([before, start]),
        np.concatenate([asked["customer"].to_numpy(), known]),
        np.concatenate([[topic_of[topic] for topic in asked["topic"]], np.where(striking, other, usual)]).astype(int),
        np.concatenate([np.ones(asked.height, dtype=bool), np.zeros(n, dtype=bool)]),
    )


def _article(draw: Draw, topic: Seconds, page: int) -> Seconds:
    """An article on the topic, the first ones more often; further on, any article."""
    fate = draw.random(len(topic))
    by_topic = [np.array(articles) for articles in _BY_TOPIC]
    found = np.zeros(len(topic), dtype=np.int64)
    for number, articles in enumerate(by_topic):
        ours = topic == number
        found[ours] = articles[(fate[ours] ** 1.5 * len(articles)).astype(np.int64)]
    return found if page == 0 else np.where(fate < _WANDERS, (fate / _WANDERS * len(ARTICLES)).astype(np.int64), found)


def _rows(
    visits: _Visits, which: npt.NDArray[np.bool_], after_s: Seconds | int, kind: str, *,
    article: Seconds | None = None, helped: Seconds | None = None, results: Seconds | None = None,
    typed: Seconds | None = None,
) -> pl.DataFrame:  # fmt: skip
    """One event of each of some visits."""
    at, customer = (visits.start + after_s)[which], visits.customer[which]
    nothing = pl.Series([None] * len(at), dtype=pl.Int64)

    def some(values: Seconds | None) -> pl.Series:
        return nothing if values is None else pl.Series(values[which])

    words = (*(_TYPED[topic] for topic in company.TOPICS), *_TYPED_IN_VAIN)
    return pl.DataFrame({
        "visit": np.flatnonzero(which), "at": at, "kind": [kind] * len(at), "article": some(article),
        "customer": customer, "topic": coded(company.TOPICS, visits.topic[which]),
        "segment": coded(company.SEGMENTS, np.where(customer >= 0, segment_of(np.maximum(customer, 0)), -1)),
        "helped": some(helped), "results": some(results),
        "query": coded(words, np.full(len(at), -1) if typed is None else typed[which]),
    }, schema_overrides={"kind": pl.String})  # fmt: skip
