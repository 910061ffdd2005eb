"""What customers settle by themselves: the help centre and the bot."""

from __future__ import annotations

from expectations.schema import Layer, Personal, Table, count, flag, instant, text
from expectations.tables import common

HELP_EVENT_KINDS = ("view", "search", "vote")

FEED_ARTICLE_VIEW = Table(
    name="feed_article_view",
    layer=Layer.FEED,
    grain="an event of the help centre: an article viewed, a search, a vote; or the counts of an article on a day",
    key=("source", "view_id"),
    clock="viewed_at",
    version="updated_at",
    columns={
        "source": common.SOURCE,
        "view_id": text("Number of the event; where the export has none, a fingerprint.", required=True),
        "viewed_at": instant("When it happened.", required=True),
        "updated_at": instant("When the source last changed the row; the latest version wins."),
        "kind": text("What happened; null counts as a view.", one_of=HELP_EVENT_KINDS),
        "session_id": text("Visit it belongs to; where the export has none, bounces and deflection are unknown."),
        "article_id": text("Article viewed or voted on.", dimension="article"),
        "article_title": text("Title of the article."),
        "customer_id": common.CUSTOMER,
        **common.CUTS,
        "topic": common.TOPIC,
        "view_count": count("Views the row stands for; null counts as 1 for a view and 0 otherwise."),
        "up_count": count("Votes 'helpful'."),
        "down_count": count("Votes 'not helpful'."),
        "result_count": count("Search: articles found."),
        "query": text("Search: what was typed, masked.", personal=Personal.MASKED),
        "is_test": flag("A visit of the team's own."),
        **common.PROVENANCE,
    },
)

FEED_BOT_SESSION = Table(
    name="feed_bot_session",
    layer=Layer.FEED,
    grain="a session with the bot",
    key=("source", "session_id"),
    clock="started_at",
    version="updated_at",
    columns={
        "source": common.SOURCE,
        "session_id": text("Number of the session in its source.", required=True),
        "started_at": instant("When it started.", required=True),
        "ended_at": instant("When it ended.", not_before="started_at"),
        "updated_at": instant("When the source last changed the row; the latest version wins."),
        "customer_id": common.CUSTOMER,
        **common.CUTS,
        "topic": common.TOPIC,
        "user_message_count": count("Messages of the person; null counts as at least one."),
        "is_handed_off": flag("Handed to a human agent."),
        "handed_off_at": instant("When it was handed to a human agent.", not_before="started_at"),
        "is_abandoned": flag("The person left a question of the bot unanswered."),
        "ticket_id": text("Ticket it led to."),
        "is_test": flag("A test of the team's own."),
        **common.PROVENANCE,
    },
)
