"""Articles, visits of the help centre, and sessions with the bot."""

from __future__ import annotations

import polars as pl

from expectations.schema import Layer, Personal, Rule, Table, count, day, flag, instant, text
from expectations.tables import common
from expectations.tables.feed_self_service import HELP_EVENT_KINDS

BOT_OUTCOMES = ("contained", "handed_off", "abandoned", "recontacted")

FACT_ARTICLE_VIEW = Table(
    name="fact_article_view",
    layer=Layer.FACT,
    grain="an event of the help centre, or the counts of an article on a day",
    key=("source", "view_id"),
    clock="viewed_on",
    columns={
        "source": common.SOURCE,
        "view_id": text("Number of the event in its source.", required=True),
        "kind": text("What happened.", required=True, one_of=HELP_EVENT_KINDS),
        "viewed_at": instant("When it happened.", required=True),
        "viewed_on": day("Day of that.", required=True),
        **common.CUTS,
        "article_id": text("Article.", dimension="article"),
        "customer_id": common.CUSTOMER,
        "topic": common.TOPIC,
        "session_id": text("Visit it belongs to."),
        "view_count": count("Views.", required=True),
        "up_count": count("Votes 'helpful'.", required=True),
        "down_count": count("Votes 'not helpful'.", required=True),
        "is_search": flag("A search.", required=True),
        "is_without_result": flag("A search that found nothing; null where the export does not tell."),
        "query": text("What was typed, masked.", personal=Personal.MASKED),
        "is_counted": flag("Not a visit of the team's own.", required=True),
    },
)

FACT_HELP_SESSION = Table(
    name="fact_help_session",
    layer=Layer.FACT,
    grain="a visit of the help centre",
    key=("source", "session_id"),
    clock="started_on",
    columns={
        "source": common.SOURCE,
        "session_id": text("Number of the visit in its source.", required=True),
        "started_at": instant("Its first event.", required=True),
        "started_on": day("Day of that.", required=True),
        **common.CUTS,
        "article_id": text("Article on which it began.", dimension="article"),
        "customer_id": common.CUSTOMER,
        "topic": common.TOPIC,
        "page_count": count("Pages viewed: articles, each once, and views of no article.", required=True),
        "search_count": count("Searches.", required=True),
        "is_entered_on_article": flag("Its first view or search was an article.", required=True),
        "is_bounced": flag("It began on an article and saw nothing else.", required=True),
        "is_deflected": flag(
            "An article was viewed, and the person contacted nobody until 24 hours after the last one; null where no "
            "article was viewed, the person is not known, or no contacts are."
        ),
        "is_counted": flag("Not a visit of the team's own.", required=True),
    },
)

FACT_BOT_SESSION = Table(
    name="fact_bot_session",
    layer=Layer.FACT,
    grain="a session with the bot",
    key=("source", "session_id"),
    clock="started_on",
    columns={
        "source": common.SOURCE,
        "session_id": text("Number of the session in its source.", required=True),
        "started_at": instant("When it started.", required=True),
        "started_on": day("Day of that.", required=True),
        **common.CUTS,
        "customer_id": common.CUSTOMER,
        "topic": common.TOPIC,
        "ticket_id": text("Ticket it led to."),
        "outcome": text(
            "How it ended, the first that holds: handed off, abandoned, recontacted, contained; null if not counted.",
            one_of=BOT_OUTCOMES,
        ),
        "is_contained": flag("Counted, and no person had to help, now or within 72 hours.", required=True),
        "is_handed_off": flag("Handed to a human agent.", required=True),
        "is_recontact_known": flag(
            "The source names its persons and contacts are known: only then a recontact would be seen.", required=True
        ),
        "is_counted": flag("The person wrote, and it was no test.", required=True),
    },
    rules={
        "what_counts_has_one_outcome": Rule(
            holds=pl.col("is_counted") == pl.col("outcome").is_not_null(),
            columns=("is_counted", "outcome"),
            about="Every session that counts ended in one of the four ways, and no other.",
        ),
        "contained_is_an_outcome": Rule(
            holds=pl.col("is_contained") == (pl.col("outcome") == "contained").fill_null(value=False),
            columns=("is_contained", "outcome"),
            about="A session is contained exactly when that is its outcome.",
        ),
    },
)
