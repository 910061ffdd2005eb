"""The scorecard page: one HTML file, offline, without script, from the published tables of a run."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.outputs.account import account
from flows.outputs.cards import SPARK, brief, families
from flows.outputs.cuts import cut_table, nps_splits
from flows.outputs.published import MONTHS_SHOWN, published
from flows.outputs.trends import PANEL, panels
from flows.outputs.words import LANGUAGES, language_of

TEMPLATE = "scorecard.html.jinja"


def write_scorecard(run_folder: Path, out: Path, *, language: str) -> None:
    """Write the page of a run in one language; the same tables give the same bytes."""
    page = scorecard(run_folder, language=language)
    draft = out.with_name(f"{out.name}.draft")
    draft.write_text(page, encoding="utf-8", newline="\n")
    draft.replace(out)


def scorecard(run_folder: Path, *, language: str) -> str:
    """The page as text."""
    words = language_of(language)
    tables = published(run_folder, words.code)
    groups = families(tables, words)
    cuts = (("channel", words.page["by_channel"]), ("team", words.page["by_team"]))
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            lang=words,
            w=words.page,
            other=next(other for code, other in LANGUAGES.items() if code != words.code),
            month=words.month(tables.month),
            prior_month=words.month(tables.months()[-2]),
            first_month=words.month_short(tables.months()[0]),
            last_month=words.month_short(tables.month),
            months_shown=MONTHS_SHOWN,
            as_of=words.day(tables.run["as_of"]),
            as_of_iso=tables.run["as_of"].isoformat(),
            is_over=tables.is_over,
            families=groups,
            brief=brief(groups, words),
            cut_tables=[table for table in (cut_table(tables, cut, title, words) for cut, title in cuts) if table],
            splits=nps_splits(tables, words),
            panels=panels(tables, words),
            account=account(tables, words),
            spark_size=SPARK,
            panel_size=PANEL,
        )
    )


def _environment() -> Environment:
    """Templates beside this module; what they do not know is an error, what they print is escaped."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
