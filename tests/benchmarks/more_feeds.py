"""`python -m tests.benchmarks.more_feeds FOLDER --scale 1`: the feeds beyond the core work, beside those that are there."""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

from tests.benchmarks import more_world, world

_EXPORT = """
[[export]]
files = "{feed}/*"
mapping = "{feed}"
"""
_READ = '[read]\nseparator = ","\nencoding = "utf-8"\ndatetimes = ["%Y-%m-%dT%H:%M:%SZ"]\ndates = ["%Y-%m-%d"]\n'
_TABLES = {
    "contacts": "feed_contact",
    "bot_sessions": "feed_bot_session",
    "orders": "feed_order",
    "carts": "feed_cart",
    "article_views": "feed_article_view",
    "reviews": "feed_quality_review",
    "agent_days": "feed_agent_day",
    "employees": "feed_employee",
    "customers": "feed_customer",
}
_EUROS = ("amount", "value")
_OURS = {"amount": "amount_cents", "value": "value_cents"} | {it: f"{it}_milli" for it in ("score", "low", "high")}


def write_more(home: Path, scale: float) -> None:
    """The exports of every other feed, a file a month, and the mappings that read them."""
    columns: dict[str, list[str]] = {}
    whole = {"employees": more_world.employees(), "customers": more_world.customers(scale)}
    for number, (first, _) in enumerate(world.days_of_months()):
        for feed, rows in more_world.month(number, scale).items():
            columns[feed] = rows.columns
            _write(home / "raw" / feed / f"{feed}_{first:%Y-%m}.csv", rows)
    for feed, rows in whole.items():
        columns[feed] = rows.columns
        _write(home / "raw" / feed / f"{feed}.csv", rows)
    for feed, names in columns.items():
        (home / "sources" / f"{feed}.toml").write_text(_mapping(feed, names), "utf-8")
    with (home / "pipeline.toml").open("a", encoding="utf-8") as file:
        file.write("".join(_EXPORT.format(feed=feed) for feed in _TABLES))


def _write(path: Path, rows: pl.DataFrame) -> None:
    """One export file: instants in ISO, people by the codes that they have in the tickets."""
    path.parent.mkdir(exist_ok=True)
    people = {"agent_id": ("AG{}", 4), "customer_id": ("C{}", 8)}
    told = rows.with_columns(
        *(pl.from_epoch(name, time_unit="s") for name in rows.columns if name.endswith("_at")),
        *(
            pl.format(words, pl.col(name).cast(pl.String).str.zfill(width)).alias(name)
            for name, (words, width) in people.items()
            if name in rows.columns
        ),
    )
    told.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%SZ")


def _mapping(feed: str, columns: list[str]) -> str:
    lines = [f"{_OURS.get(name, name)} = {_header(name)}" for name in columns]
    return "\n".join([f'table = "{_TABLES[feed]}"', f'source = "{feed}"', _READ, "[columns]", *lines, ""])


def _header(name: str) -> str:
    unit = "euros" if name in _EUROS else "seconds" if name.endswith("_s") else ""
    return f'{{ headers = ["{name}"], unit = "{unit}" }}' if unit else f'["{name}"]'


def main() -> None:
    """Write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    asked = parser.parse_args()
    write_more(asked.home, asked.scale)


if __name__ == "__main__":
    main()
