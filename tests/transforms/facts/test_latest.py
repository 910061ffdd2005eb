from __future__ import annotations

from expectations.tables.feed_ticket import FEED_TICKET
from tests.transforms.facts.text_tables import by_id, feed
from transforms.facts import duplicates, latest

VERSIONS = """
    ticket_id | created_at       | updated_at       | status | slot | line
    a         | 2026-01-05 09:00 | 2026-01-06 09:00 | solved | x    | 2
    a         | 2026-01-05 09:00 | 2026-01-05 09:00 | open   | y    | 2
    b         | 2026-01-05 09:00 | 2026-01-06 09:00 | open   | x    | 3
    b         | 2026-01-05 09:00 | 2026-01-06 09:00 | solved | y    | 1
    c         | 2026-01-05 09:00 | 2026-01-06 09:00 | open   | y    | 9
    c         | 2026-01-05 09:00 | 2026-01-06 09:00 | solved | y    | 10
    d         | 2026-01-05 09:00 | -                | open   | z    | 2
    d         | 2026-01-05 09:00 | 2026-01-01 09:00 | solved | x    | 4
    e         | 2026-01-05 09:00 | -                | solved | x    | 5
"""


def test_the_greatest_version_wins_and_ties_go_to_the_later_line() -> None:
    kept = latest(feed("feed_ticket", VERSIONS), FEED_TICKET).collect()
    assert by_id(kept, "status") == dict.fromkeys("abcde", "solved")
    assert kept.height == 5


def test_duplicates_are_counted_by_export() -> None:
    told = duplicates(feed("feed_ticket", VERSIONS), FEED_TICKET).collect()
    assert dict(told.iter_rows()) == {"x": 1, "y": 2, "z": 1}


def test_a_counter_of_updates_tells_versions_of_one_instant_apart() -> None:
    snapshots = """
        ticket_id | created_at       | updated_at       | update_number | status | slot | line
        a         | 2026-01-05 09:00 | -                | 9             | open   | x    | 3
        a         | 2026-01-05 09:00 | -                | 10            | solved | x    | 2
        b         | 2026-01-05 09:00 | 2026-01-06 09:00 | 2             | solved | x    | 4
        b         | 2026-01-05 09:00 | 2026-01-06 09:00 | 1             | open   | x    | 5
        c         | 2026-01-05 09:00 | 2026-01-07 09:00 | 1             | solved | x    | 6
        c         | 2026-01-05 09:00 | 2026-01-06 09:00 | 7             | open   | x    | 7
    """
    kept = latest(feed("feed_ticket", snapshots), FEED_TICKET).collect()
    assert by_id(kept, "status") == dict.fromkeys("abc", "solved")
