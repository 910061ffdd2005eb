"""The stage after the metrics: the analysis tables of `transforms.analysis`, judged and published like facts."""

from expectations.tables import TABLES
from flows.stages.draft import Draft, Output, feeds_of, require_contract, write_output


def analyses_of(draft: Draft) -> list[str]:
    """The tables for which all that they need is there."""
    from transforms.analysis import ANALYSES  # noqa: PLC0415 -- stages import what they do when they do it

    there = dict.fromkeys(draft.names_inside(""))
    return [name for name, analysis in ANALYSES.items() if analysis.can_be_built(there)]


def build_analysis(analysis: str, draft: Draft) -> Output:
    """One analysis table in the work folder, judged by its contract, and as readers see it."""
    from transforms.analysis import ANALYSES, Evidence  # noqa: PLC0415
    from transforms.facts import publishable  # noqa: PLC0415

    table, settings = TABLES[analysis], draft.settings
    dimensions = draft.all_inside("dim")
    frames = {**feeds_of(draft), **draft.all_inside("fact"), **dimensions, **draft.all_inside("metric_value")}
    evidence = Evidence(frames=frames, site=settings.site, as_of=settings.as_of)
    draft.put_inside(ANALYSES[analysis].build(evidence), analysis)
    require_contract(analysis, table, draft)
    return write_output(publishable(draft.inside(analysis), table, dimensions, settings.site.zone), table, draft)
