"""The same metric as a measure of Power BI and as a calculated field of Tableau, right for its kind of additivity.

Both read `metric_value_month` at its finest cut, where any slicer on channel or team adds up exactly. What may not be
added up, or of which parts are hidden, is shown only where a single published row is left, and blank otherwise: blank
and never wrong.
"""

from __future__ import annotations

from transforms.metrics.metric import Metric, Ratio, Statistic
from transforms.metrics.percentiles import PERCENTILES

_TABLE, _BUCKETS = "metric_value_month", "fact_duration_histogram"
_FINEST_FIRST = ("channel_team", "channel", "team", "total")


def dax(metric: Metric) -> str:
    """A measure for Power BI."""
    if isinstance(metric, Statistic):
        return _percentile_dax(metric) if metric.additivity == "histogram" else _single_dax(metric)
    if metric.suppress_below:
        return _single_dax(metric)
    return _stock_dax(metric) if metric.additivity == "semi_additive" else _sums_dax(metric)


def tableau(metric: Metric) -> str:
    """A calculated field for Tableau."""
    if isinstance(metric, Statistic) or metric.suppress_below:
        here = f'[metric_id] = "{metric.name}"'
        return f"IF SUM(IF {here} THEN 1 END) = 1 THEN SUM(IF {here} THEN [value] END) END"
    here = f'[metric_id] = "{metric.name}" AND [grouping_set] = "{finest(metric)}"'
    above, below = _scaled(metric, f"SUM(IF {here} THEN [numerator] END)", f"SUM(IF {here} THEN [denominator] END)")
    whole = above
    if below:
        whole = f"{above} / ({below})" if "*" in below else f"{above} / {below}"
    if metric.additivity in {"semi_additive", "distinct"}:
        return f"IF COUNTD(IF {here} THEN [period_start] END) = 1 THEN {whole} END"
    return whole


def finest(metric: Metric) -> str:
    """The cut whose rows add up to every other by channel and team."""
    return next(name for name in _FINEST_FIRST if name in metric.grouping_sets)


def _scaled(metric: Metric, above: str, below: str) -> tuple[str, str]:
    """Both sides of the line with scale and parts; nothing below where nothing divides."""
    unit = metric.unit.value
    has_line = isinstance(metric, Ratio) and not metric.is_plain_sum
    above = above if unit.scale == 1 else f"{above} * {unit.scale}"
    if has_line:
        return above, below if unit.parts == 1 else f"{below} * {unit.parts}"
    return above, "" if unit.parts == 1 else str(unit.parts)


def _rows_dax(metric: Metric) -> str:
    return f'{_TABLE}[metric_id] = "{metric.name}", {_TABLE}[grouping_set] = "{finest(metric)}"'


def _sums_dax(metric: Metric) -> str:
    """Sums over whatever is selected, then one division; of what a period counts once, a single period only."""
    above, below = _scaled(metric, f"SUM ( {_TABLE}[numerator] )", f"SUM ( {_TABLE}[denominator] )")
    value = f"DIVIDE ( {above}, {below} )" if below else above
    if metric.additivity == "distinct":
        value = f"IF ( DISTINCTCOUNT ( {_TABLE}[period_start] ) = 1, {value} )"
    return f"CALCULATE ( {value}, {_rows_dax(metric)} )"


def _stock_dax(metric: Metric) -> str:
    """Added over channels and teams; over time, the last period selected."""
    rows = _rows_dax(metric)
    return (
        f"VAR LastPeriod = CALCULATE ( MAX ( {_TABLE}[period_start] ), {rows} ) "
        f"RETURN CALCULATE ( SUM ( {_TABLE}[numerator] ), {rows}, {_TABLE}[period_start] = LastPeriod )"
    )


def _single_dax(metric: Metric) -> str:
    """The published value, where exactly one is selected."""
    single = f"IF ( COUNTROWS ( {_TABLE} ) = 1, MAX ( {_TABLE}[value] ) )"
    return f'CALCULATE ( {single}, {_TABLE}[metric_id] = "{metric.name}" )'


def _percentile_dax(metric: Statistic) -> str:
    """The bucket in which the percentile lies, within 2 %, after any filter."""
    above, below = PERCENTILES[metric.kind]
    column = metric.sample.name.removesuffix("_s")
    buckets = (
        f"CALCULATETABLE ( ADDCOLUMNS ( SUMMARIZE ( {_BUCKETS}, {_BUCKETS}[bucket], {_BUCKETS}[bucket_value_s] ), "
        f'"@Tickets", CALCULATE ( SUM ( {_BUCKETS}[n] ) ) ), {_BUCKETS}[duration] = "{column}" )'
    )
    return (
        f"VAR Buckets = {buckets} "
        "VAR Total = SUMX ( Buckets, [@Tickets] ) "
        f"VAR Reached = FILTER ( Buckets, VAR This = {_BUCKETS}[bucket] "
        f"RETURN SUMX ( FILTER ( Buckets, {_BUCKETS}[bucket] <= This ), [@Tickets] ) * {below} "
        f"> ( Total - 1 ) * {above} ) "
        f"RETURN MINX ( Reached, {_BUCKETS}[bucket_value_s] )"
    )
