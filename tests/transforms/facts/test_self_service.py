"""The help centre and the bot: views, visits, deflection, and the four ways in which a session with the bot ends."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.facts.text_tables import by_id, facts

AS_OF = "2026-01-31"
FIVE = """
    session_id | started_at       | ended_at         | customer_id | user_message_count | is_handed_off | is_abandoned
    handed     | 2026-01-05 09:00 | 2026-01-05 09:10 | a           | 3                  | yes           | no
    recontact  | 2026-01-05 09:00 | 2026-01-05 09:10 | b           | 3                  | no            | no
    abandoned  | 2026-01-05 09:00 | 2026-01-05 09:10 | c           | 1                  | no            | yes
    day 7      | 2026-01-05 09:00 | 2026-01-05 09:10 | d           | 2                  | no            | no
    none       | 2026-01-05 09:00 | -                | e           | -                  | -             | -
"""
LATER = """
    ticket_id | created_at       | customer_id
    1         | 2026-01-06 09:10 | b
    2         | 2026-01-12 09:00 | d
    3         | 2026-01-05 08:00 | e
"""


def bots(sessions: str, **others: str) -> pl.DataFrame:
    return facts(AS_OF, feed_bot_session=sessions, **others)["fact_bot_session"]


def test_five_sessions_end_in_four_ways() -> None:
    found = bots(FIVE, feed_ticket=LATER)
    assert by_id(found, "outcome", key="session_id") == {
        "handed": "handed_off",
        "recontact": "recontacted",
        "abandoned": "abandoned",
        "day 7": "contained",
        "none": "contained",
    }
    assert (found["is_handed_off"].not_().sum(), found["is_contained"].sum(), found["is_counted"].sum()) == (4, 2, 5)
    assert found["is_recontact_known"].all()


def test_the_first_outcome_that_holds_is_the_one() -> None:
    found = bots(
        """
        session_id | started_at       | ended_at         | customer_id | is_handed_off | handed_off_at    | is_abandoned
        all        | 2026-01-05 09:00 | 2026-01-05 09:10 | a           | -             | 2026-01-05 09:05 | yes
        two        | 2026-01-05 09:00 | 2026-01-05 09:10 | a           | no            | -                | yes
        one        | 2026-01-05 09:00 | 2026-01-05 09:10 | a           | no            | -                | no
        """,
        feed_ticket="ticket_id | created_at | customer_id\n1 | 2026-01-05 10:00 | a",
    )
    assert by_id(found, "outcome", key="session_id") == {"all": "handed_off", "two": "abandoned", "one": "recontacted"}


def test_seventy_two_hours_count_from_the_end_of_the_session_to_the_second() -> None:
    sessions = """
        session_id | started_at       | ended_at         | customer_id
        at end     | 2026-01-05 08:00 | 2026-01-05 09:00 | a
        last       | 2026-01-05 08:00 | 2026-01-05 09:00 | b
        over       | 2026-01-05 08:00 | 2026-01-05 09:00 | c
        before     | 2026-01-05 08:00 | 2026-01-05 09:00 | d
    """
    found = bots(
        sessions,
        feed_contact="""
        contact_id | started_at          | customer_id | direction
        1          | 2026-01-05 09:00:00 | a           | inbound
        2          | 2026-01-08 09:00:00 | b           | inbound
        3          | 2026-01-08 09:00:01 | c           | inbound
        4          | 2026-01-05 08:59:59 | d           | inbound
        """,
    )
    wanted = {"at end": "contained", "last": "recontacted", "over": "contained", "before": "contained"}
    assert by_id(found, "outcome", key="session_id") == wanted


def test_only_contacts_of_the_person_with_people_count() -> None:
    sessions = "session_id | started_at | customer_id\n" + "\n".join(f"{c} | 2026-01-05 09:00 | {c}" for c in "abcdefg")
    found = bots(
        sessions,
        feed_ticket="""
        ticket_id | created_at       | customer_id | channel | is_spam | is_outbound | first_response_at
        1         | 2026-01-05 10:00 | a           | email   | yes     | -           | -
        2         | 2026-01-05 10:00 | b           | email   | -       | yes         | -
        3         | 2026-01-05 10:00 | c           | bot     | -       | -           | -
        4         | 2026-01-05 10:00 | d           | bot     | -       | -           | 2026-01-05 11:00
        5         | 2026-01-05 10:00 | g           | email   | -       | -           | -
        """,
        feed_contact="""
        contact_id | started_at       | customer_id | direction | is_test
        1          | 2026-01-05 10:00 | e           | outbound  | -
        2          | 2026-01-05 10:00 | f           | inbound   | yes
        """,
    )
    assert found.filter(outcome="recontacted")["session_id"].sort().to_list() == ["d", "g"]


def test_a_session_without_a_message_of_the_person_and_a_test_do_not_count() -> None:
    found = bots("""
        session_id | started_at       | user_message_count | is_test
        silent     | 2026-01-05 09:00 | 0                  | no
        test       | 2026-01-05 09:00 | 1                  | yes
        unknown    | 2026-01-05 09:00 | -                  | -
    """)
    assert by_id(found, "outcome", "is_counted", key="session_id") == {
        "silent": (None, False),
        "test": (None, False),
        "unknown": ("contained", True),
    }


def test_where_nobody_is_named_or_no_contact_is_known_a_recontact_could_not_be_seen() -> None:
    anonymous = "session_id | started_at\n1 | 2026-01-05 09:00"
    assert not bots(anonymous, feed_ticket=LATER)["is_recontact_known"].any()
    assert not bots(FIVE)["is_recontact_known"].any()
    assert not bots(FIVE, feed_ticket="ticket_id | created_at\n1 | 2026-01-05 09:00")["is_recontact_known"].any()


SESSIONS = st.lists(
    st.tuples(
        st.sampled_from(["-", "a", "b"]), st.sampled_from(["-", "0", "2"]), *[st.sampled_from(["-", "yes", "no"])] * 3
    ),
    min_size=1,
    max_size=12,
)
HOURS = st.lists(st.tuples(st.sampled_from(["-", "a", "b"]), st.integers(0, 100)), max_size=4)


@settings(max_examples=15)
@given(SESSIONS, HOURS)
def test_the_four_outcomes_add_up_to_all_sessions_that_count(
    sessions: list[tuple[str, ...]], contacts: list[tuple[str, int]]
) -> None:
    head = "session_id | customer_id | user_message_count | is_handed_off | is_abandoned | is_test | started_at"
    drawn = [" | ".join([str(i), *session, "2026-01-05 09:00"]) for i, session in enumerate(sessions)]
    start = dt.datetime(2026, 1, 5, 9)  # noqa: DTZ001 -- drawn as wall time
    tickets = [f"{i} | {who} | {start + dt.timedelta(hours=hours)}" for i, (who, hours) in enumerate(contacts)]
    found = bots(
        "\n".join([head, *drawn]),
        feed_ticket="\n".join(["ticket_id | customer_id | created_at", *tickets, "z | z | 2026-01-01"]),
    )
    counted = found.filter("is_counted")
    assert found.height == len(sessions)
    assert sum(count for _, count in counted["outcome"].value_counts().iter_rows()) == counted.height
    assert counted.filter(outcome="contained").height == found["is_contained"].sum()


VISITS = """
    view_id | session_id | viewed_at           | kind   | article_id | result_count | customer_id
    1       | bounced    | 2026-01-05 09:00:00 | view   | refund     | -            | a
    2       | bounced    | 2026-01-05 09:00:20 | view   | refund     | -            | -
    3       | bounced    | 2026-01-05 09:01:00 | vote   | refund     | -            | -
    4       | read on    | 2026-01-05 09:00:00 | -      | refund     | -            | b
    5       | read on    | 2026-01-05 09:02:00 | view   | parcel     | -            | b
    6       | searched   | 2026-01-05 09:00:00 | search | -          | 0            | c
    7       | searched   | 2026-01-05 09:01:00 | view   | parcel     | -            | c
    8       | asked      | 2026-01-05 09:00:00 | view   | refund     | -            | d
    9       | asked      | 2026-01-05 09:01:00 | search | -          | 4            | d
    10      | home       | 2026-01-05 09:00:00 | view   | -          | -            | e
    11      | -          | 2026-01-05 09:00:00 | view   | refund     | -            | f
    12      | team       | 2026-01-05 09:00:00 | view   | refund     | -            | -
"""


def test_a_visit_bounces_when_the_article_it_began_on_was_its_only_page() -> None:
    found = facts(AS_OF, feed_article_view=VISITS)["fact_help_session"]
    told = by_id(
        found, "is_entered_on_article", "is_bounced", "page_count", "search_count", "article_id", key="session_id"
    )
    assert told == {
        "bounced": (True, True, 1, 0, "refund"),
        "read on": (True, False, 2, 0, "refund"),
        "searched": (False, False, 1, 1, None),
        "asked": (True, False, 1, 1, "refund"),
        "home": (False, False, 1, 0, None),
        "team": (True, True, 1, 0, "refund"),
    }
    assert found["is_deflected"].null_count() == found.height


def test_a_visit_is_deflected_without_a_contact_from_the_first_article_to_a_day_after_the_last() -> None:
    found = facts(
        AS_OF,
        feed_article_view=VISITS,
        feed_ticket="""
        ticket_id | created_at          | customer_id
        1         | 2026-01-05 08:59:59 | a
        2         | 2026-01-06 09:02:00 | b
        3         | 2026-01-05 09:00:59 | c
        4         | 2026-01-06 09:00:01 | d
        5         | 2026-01-05 10:00:00 | e
        """,
    )["fact_help_session"]
    assert by_id(found, "is_deflected", key="session_id") == {
        "bounced": True,  # the ticket came first
        "read on": False,  # 24 hours after the last article, to the second
        "searched": True,  # the ticket came after the search and before the article
        "asked": True,  # a second too late
        "home": None,  # no article
        "team": None,  # nobody known
    }


def test_views_votes_and_searches_are_counted_and_what_is_not_told_of_a_search_is_unknown() -> None:
    found = facts(
        AS_OF,
        feed_article_view="""
        view_id | viewed_at        | kind   | article_id | view_count | up_count | down_count | result_count | is_test
        event   | 2026-01-05 09:00 | -      | a          | -          | -        | -          | -            | -
        day     | 2026-01-05 00:00 | -      | a          | 120        | 6        | 2          | -            | -
        vote    | 2026-01-05 09:00 | vote   | a          | -          | 1        | -          | -            | -
        none    | 2026-01-05 09:00 | search | -          | -          | -        | -          | 0            | -
        some    | 2026-01-05 09:00 | search | -          | -          | -        | -          | 3            | -
        silent  | 2026-01-05 09:00 | search | -          | -          | -        | -          | -            | -
        ours    | 2026-01-05 09:00 | view   | a          | -          | -        | -          | -            | yes
        """,
    )["fact_article_view"]
    assert by_id(
        found, "view_count", "up_count", "down_count", "is_search", "is_without_result", "is_counted", key="view_id"
    ) == {
        "event": (1, 0, 0, False, None, True),
        "day": (120, 6, 2, False, None, True),
        "vote": (0, 1, 0, False, None, True),
        "none": (0, 0, 0, True, True, True),
        "some": (0, 0, 0, True, False, True),
        "silent": (0, 0, 0, True, None, True),
        "ours": (1, 0, 0, False, None, False),
    }
