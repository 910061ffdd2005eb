"""The stage after the metrics: the analysis tables of `transforms.analysis`, judged and published like facts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from expectations.tables import FEEDS, TABLES
from flows.stages.draft import Draft, Output, require_contract, write_output

if TYPE_CHECKING:
    from transforms.analysis import Evidence


def analyses_of(draft: Draft) -> list[str]:
    """The tables for which all that they need is there."""
    from transforms.analysis import ANALYSES  # noqa: PLC0415 -- stages import what they do when they do it

    there = dict.fromkeys(draft.names_inside(""))
    return [name for name, analysis in ANALYSES.items() if analysis.can_be_built(there)]


def build_analysis(analysis: str, draft: Draft) -> Output:
    """One analysis table in the work folder, judged by its contract, and as readers see it."""
    from transforms.analysis import ANALYSES  # noqa: PLC0415
    from transforms.facts import publishable  # noqa: PLC0415

    table, settings = TABLES[analysis], draft.settings
    draft.put_inside(ANALYSES[analysis].build(evidence_of(draft)), analysis)
    require_contract(analysis, table, draft)
    shown = publishable(draft.inside(analysis), table, draft.all_inside("dim"), settings.site.zone)
    return write_output(shown, table, draft)


def evidence_of(draft: Draft) -> "Evidence":
    """All that a run knows, as analyses see it."""
    from transforms.analysis import Evidence  # noqa: PLC0415

    return Evidence(frames=_Frames(draft), site=draft.settings.site, as_of=draft.settings.as_of)


@dataclass(frozen=True)
class _Frames(Mapping[str, pl.LazyFrame]):
    """The frames of a run: the bytes of one are looked at where it is asked for, and of no other."""

    draft: Draft

    def __getitem__(self, name: str) -> pl.LazyFrame:
        if name not in self.draft.names_inside(name):
            raise KeyError(name)
        rows = self.draft.inside(name)
        return rows.select(list(FEEDS[name].columns)) if name in FEEDS else rows

    def __iter__(self) -> Iterator[str]:
        return iter(self.draft.names_inside(""))

    def __len__(self) -> int:
        return len(self.draft.names_inside(""))
