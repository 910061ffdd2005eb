"""`python -m tests.faults.few_metrics`: the command line of a house with a few metrics, so that a run is short.

One metric of each kind: a share, a sum, a mean of seconds, a percentile; the tables of ours are not judged.
"""

from __future__ import annotations

import sys

import transforms.metrics
from flows.__main__ import main
from tests.flows.persons import accepting, by_expressions

FEW = ("csat", "ticket_volume", "average_handle_time", "first_response_time_calendar_p50")

if __name__ == "__main__":
    import flows.stages.draft
    import flows.stages.reading

    transforms.metrics.METRICS = {name: transforms.metrics.METRICS[name] for name in FEW}
    flows.stages.draft.judged = accepting  # type: ignore[assignment]
    flows.stages.reading.judged = by_expressions
    sys.exit(main(sys.argv[1:]))
